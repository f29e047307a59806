internal import Primitives

/// A JSON value of any shape (RFC 8259).
///
/// A number without fraction and exponent that fits 64 bits is an ``integer(_:)``, any other a ``number(_:)``, so `1`
/// and `1.0` are different values. ``intValue`` and ``doubleValue`` read both.
package enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

extension JSON {
    package init(_ value: String) { self = .string(value) }
    package init(_ value: Bool) { self = .bool(value) }
    package init(_ value: Double) { self = .number(value) }
    package init(_ value: [JSON]) { self = .array(value) }
    package init(_ value: JSONObject) { self = .object(value) }

    /// An integer that exceeds 64 bits becomes the nearest ``number(_:)``.
    package init(_ value: some BinaryInteger) {
        self = Int64(exactly: value).map(JSON.integer) ?? .number(Double(value))
    }
}

extension JSON {
    /// A member of an object; nil if this is not an object or the key is missing.
    package subscript(key: String) -> JSON? {
        guard case .object(let object) = self else { return nil }
        return object[key]
    }

    /// An element of an array; nil if this is not an array or the index is out of bounds.
    package subscript(index: Int) -> JSON? {
        guard case .array(let array) = self, array.indices.contains(index) else { return nil }
        return array[index]
    }

    package var isNull: Bool { self == .null }

    package var stringValue: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    package var boolValue: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// A whole number, even if written as `1.0` or `1e3`. Nil outside ``UntrustedNumber/range``, so that sums with it
    /// cannot overflow.
    package var intValue: Int? {
        let number: Int64? =
            switch self {
            case .integer(let value): value
            case .number(let value): Int64(exactly: value)
            default: nil
            }
        return number.flatMap { UntrustedNumber.range.contains($0) ? Int($0) : nil }
    }

    package var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    package var arrayValue: [JSON]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    package var objectValue: JSONObject? {
        guard case .object(let value) = self else { return nil }
        return value
    }
}

extension JSON: ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(members: elements)) }
}

extension JSON: CustomStringConvertible {
    package var description: String { self.text }
}
