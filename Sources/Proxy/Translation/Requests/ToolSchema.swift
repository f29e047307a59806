internal import JSON

/// The schema of a tool's arguments, or of an answer. Pure.
enum ToolSchema {
    /// OpenAI refuses an object's schema without properties, and Anthropic a tool without a schema.
    static func complete(_ schema: JSON?) -> JSON {
        guard case .object(var members) = schema ?? .null else { return Self.empty }
        if members["type"] == nil { members["type"] = "object" }
        if members["type"] == "object", members["properties"] == nil { members["properties"] = [:] }
        return .object(members)
    }

    /// Keeps the chat tools with these names: a choice among allowed tools has no counterpart everywhere.
    static func keep(_ names: [String], of tools: inout [JSON]) {
        let names = Set(names)
        let kept = tools.filter { tool in tool["function"]?.text("name").map(names.contains) ?? false }
        if !kept.isEmpty { tools = kept }
    }

    /// Whether OpenAI accepts the schema as strict: it then refuses objects with optional or other properties, which
    /// Anthropic allows.
    static func canBeStrict(_ schema: JSON) -> Bool {
        let properties = schema["properties"]?.objectValue ?? [:]
        if schema["type"] == "object" || schema.list("type").contains("object") || !properties.isEmpty {
            let required = Set(schema.list("required").compactMap(\.stringValue))
            guard schema["additionalProperties"] == false,
                properties.allSatisfy({ required.contains($0.key) })
            else { return false }
        }
        let inner = ["properties", "$defs", "definitions"].flatMap { key in
            (schema[key]?.objectValue ?? [:]).map(\.value)
        }
        let listed = ["anyOf", "oneOf", "allOf", "prefixItems"].flatMap { schema.list($0) }
        let items = schema.value("items").map { [$0] } ?? []
        return (inner + listed + items).allSatisfy(Self.canBeStrict)
    }

    static let empty: JSON = ["type": "object", "properties": [:]]
}
