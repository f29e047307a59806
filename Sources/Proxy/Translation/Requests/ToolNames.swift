internal import Primitives

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

    /// Of a tool's or a namespace's name, in bytes: each tool repeats the name of its namespace.
    static let limit = 256
    /// Of those that are kept until the answer ends.
    private static let most = 1_024

    /// Returns the name in a chat request.
    mutating func add(_ tool: Tool) throws(ProxyRefusal) -> String {
        let name = try Self.chatName(tool.name, in: tool.namespace)
        if name.utf8.elementsEqual(tool.name.utf8), !tool.isCustom { return name }
        guard self.tools.count < Self.most else { throw .tooManyTools(limit: Self.most) }
        self.tools[name] = tool
        return name
    }

    /// The client's tool that the model calls.
    func tool(called name: String) -> Tool { self.tools[name] ?? Tool(name: name) }

    static func chatName(_ name: String, in namespace: String? = nil) throws(ProxyRefusal) -> String {
        guard name.utf8.count <= Self.limit else { throw .toolNameTooLong("name", limit: Self.limit) }
        guard let namespace, !namespace.isEmpty else { return Self.shortened(name) }
        guard namespace.utf8.count <= Self.limit else { throw .toolNameTooLong("namespace", limit: Self.limit) }
        let isJoined = namespace.utf8.last == UInt8(ascii: "_") || name.utf8.first == UInt8(ascii: "_")
        return Self.shortened(isJoined ? namespace + name : "\(namespace)__\(name)")
    }

    /// OpenAI refuses names of more than 64 characters; those of MCP tools have up to 128. A checksum (FNV-1a) keeps
    /// names with the same beginning apart.
    private static func shortened(_ name: String) -> String {
        guard name.utf8.count > 64 else { return name }
        let sum = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return "\(name.beginning(bytes: 55))_\(String(sum, radix: 16))"
    }
}
