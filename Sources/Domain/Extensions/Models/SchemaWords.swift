internal import JSON
internal import Primitives

/// What a schema says by keywords that not every provider takes, as words: `(default: 10; at least 1)`.
enum SchemaWords {
    /// Empty if nothing is left out.
    static func of(_ members: JSONObject) -> String {
        let words = self.keywords.compactMap { key, word in
            members[key].map { word + " " + self.shown($0) }
        }
        let names = self.rules.filter { members[$0] != nil }
        let others =
            self.type(members) + (members["uniqueItems"] == true ? ["each item once"] : [])
            + self.values(members) + (names.isEmpty ? [] : ["more rules apply: \(names.joined(separator: ", "))"])
        let all = words + others
        return all.isEmpty ? "" : "(\(all.joined(separator: "; ")))"
    }

    /// How much there is to read for them, and for the names and values that are copied.
    static func bytes(of members: JSONObject) -> Int {
        let keys = self.keywords.map(\.key) + ["enum", "const", "required"]
        return keys.reduce(16 + (members["properties"]?.objectValue?.count ?? 0)) {
            $0 + (members[$1]?.bytes.count ?? 0)
        }
    }

    private static let keywords: KeyValuePairs = [
        "default": "default:", "format": "format:", "pattern": "pattern:", "minimum": "at least",
        "exclusiveMinimum": "more than", "maximum": "at most", "exclusiveMaximum": "less than",
        "multipleOf": "a multiple of", "minLength": "characters: at least", "maxLength": "characters: at most",
        "minItems": "items: at least", "maxItems": "items: at most", "minProperties": "members: at least",
        "maxProperties": "members: at most", "examples": "examples:",
    ]

    private static let rules = [
        "not", "if", "patternProperties", "propertyNames", "contains", "dependentRequired", "dependentSchemas",
        "dependencies", "unevaluatedProperties", "unevaluatedItems",
    ]

    private static func shown(_ value: JSON) -> String {
        let text = value.stringValue.map { $0.isEmpty ? "\"\"" : $0.beginning(bytes: 400) } ?? value.text
        return VisibleText.line(text.beginning(bytes: 400).abridged(to: 120))
    }

    /// A type that JSON Schema does not know.
    private static func type(_ members: JSONObject) -> [String] {
        guard let name = members["type"]?.stringValue, !self.types.contains(name) else { return [] }
        return ["type: \(self.shown(.string(name)))"]
    }

    static let types: Set<String> = ["object", "array", "string", "number", "integer", "boolean", "null"]

    /// Allowed values that are lists or objects.
    private static func values(_ members: JSONObject) -> [String] {
        guard let values = members["enum"]?.arrayValue ?? members["const"].map({ [$0] }),
            values.contains(where: { $0.arrayValue != nil || $0.objectValue != nil })
        else { return [] }
        return ["one of: \(self.shown(.array(values)))"]
    }
}
