internal import JSON

extension JSON {
    /// A member of an object; nil if it is missing or null, which mean the same in all three forms.
    func value(_ key: String) -> JSON? {
        guard let value = self[key], !value.isNull else { return nil }
        return value
    }

    /// A string member; nil if it is missing, null or empty.
    func text(_ key: String) -> String? {
        guard let text = self[key]?.stringValue, !text.isEmpty else { return nil }
        return text
    }

    /// An array member; empty if it is missing or of another type.
    func list(_ key: String) -> [JSON] { self[key]?.arrayValue ?? [] }

    /// A count, such as a number of tokens; 0 if it is missing or not a count.
    func count(_ key: String) -> Int { max(0, self[key]?.intValue ?? 0) }

    /// The value's type, for error messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONObject {
    /// Copies the members that `other` has, under the same names.
    mutating func copy(_ keys: String..., from other: JSON) {
        for key in keys { if let value = other.value(key) { self[key] = value } }
    }
}
