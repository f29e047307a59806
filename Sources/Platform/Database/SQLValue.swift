/// A value of a column or parameter.
package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

extension [SQLValue] {
    /// Adds texts to the parameters of a statement. Returns their places, for `IN (…)`.
    package mutating func places(of texts: [String]) -> String {
        self += texts.map { .text($0) }
        return (self.count - texts.count + 1..<self.count + 1).map { "?\($0)" }.joined(separator: ", ")
    }
}

extension SQLValue {
    package init(_ value: some BinaryInteger) { self = .integer(Int64(value)) }
    package init(_ value: Double) { self = .real(value) }
    package init(_ value: String) { self = .text(value) }
    package init(_ value: [UInt8]) { self = .blob(value) }
    /// Stored as 0 and 1.
    package init(_ value: Bool) { self = .integer(value ? 1 : 0) }

    package init(_ value: (some BinaryInteger)?) { self = value.map { SQLValue($0) } ?? .null }
    package init(_ value: Double?) { self = value.map(SQLValue.real) ?? .null }
    package init(_ value: String?) { self = value.map(SQLValue.text) ?? .null }
    package init(_ value: [UInt8]?) { self = value.map(SQLValue.blob) ?? .null }

    package var isNull: Bool { self == .null }

    package var int: Int? {
        guard case .integer(let value) = self else { return nil }
        return Int(exactly: value)
    }

    package var int64: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    package var bool: Bool? { self.int64.map { $0 != 0 } }

    /// A number, even if stored as an integer.
    package var double: Double? {
        switch self {
        case .real(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    package var text: String? {
        guard case .text(let value) = self else { return nil }
        return value
    }

    package var bytes: [UInt8]? {
        guard case .blob(let value) = self else { return nil }
        return value
    }
}

extension SQLValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .real(value) }
    package init(booleanLiteral value: Bool) { self.init(value) }
    package init(nilLiteral: ()) { self = .null }
}
