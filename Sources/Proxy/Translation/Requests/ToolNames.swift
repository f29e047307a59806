/// The client's tools under the names that they have in a chat request, which knows neither custom tools nor
/// namespaces, and whose names are shorter. Pure.
struct ToolNames: Sendable {
    struct Tool: Sendable, Equatable {
        var name: String
        var namespace: String?
        /// Its input is a text instead of JSON.
        var isCustom = false
    }

    private var tools: [String: Tool] = [:]

    /// Returns the name in a chat request.
    mutating func add(_ tool: Tool) -> String {
        let name = Self.chatName(tool.name, in: tool.namespace)
        if name != tool.name || tool.isCustom { self.tools[name] = tool }
        return name
    }

    /// The client's tool that the model calls.
    func tool(called name: String) -> Tool { self.tools[name] ?? Tool(name: name) }

    static func chatName(_ name: String, in namespace: String? = nil) -> String {
        guard let namespace, !namespace.isEmpty else { return Self.shortened(name) }
        let isJoined = namespace.hasSuffix("_") || name.hasPrefix("_")
        return Self.shortened(isJoined ? namespace + name : "\(namespace)__\(name)")
    }

    /// OpenAI refuses names of more than 64 characters; those of MCP tools have up to 128. A checksum (FNV-1a) keeps
    /// names with the same beginning apart.
    private static func shortened(_ name: String) -> String {
        guard name.utf8.count > 64 else { return name }
        let sum = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return "\(name.prefix(55))_\(String(sum, radix: 16))"
    }
}
