internal import JSON

/// The schema of a tool's arguments. Pure.
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
        let kept = tools.filter { tool in tool["function"]?.text("name").map(names.contains) ?? false }
        if !kept.isEmpty { tools = kept }
    }

    static let empty: JSON = ["type": "object", "properties": [:]]
}
