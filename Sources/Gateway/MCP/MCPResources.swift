internal import HTTP
internal import JSON
internal import Primitives

/// What clients offer their person as context: `jetbridge://…`.
struct MCPResources: Sendable {
    private let backend: any MCPBackend

    private static let scheme = "jetbridge://"
    /// Of each kind in the list.
    private static let listLimit = 100
    /// In bytes, of a resource's text.
    private static let textLimit = 256 << 10

    init(_ backend: any MCPBackend) { self.backend = backend }

    static let templates: [JSON] = [
        Self.template("thread/{id}", "Conversation", "The newest messages of a conversation."),
        Self.template("document/{repository}/{+path}", "Document", "A Markdown document of a repository."),
        Self.template("spec/{repository}/{feature}", "Feature", "A feature's documents and tasks."),
        Self.template("tasks/{repository}", "Tasks", "A repository's tasks."),
    ]

    private static func template(_ path: String, _ name: String, _ description: String) -> JSON {
        [
            "uriTemplate": .string(Self.scheme + path), "name": .string(name), "description": .string(description),
            "mimeType": "text/markdown",
        ]
    }

    private static func resource(_ path: [String], _ name: String) -> JSON {
        let parts = path.map { PercentEncoding.encode($0) }
        return [
            "uri": .string(Self.scheme + parts.joined(separator: "/")), "name": .string(name),
            "mimeType": "text/markdown",
        ]
    }

    /// What the caller may see of what is most likely wanted; without a host, the conversations alone.
    func list() async -> [JSON] {
        var items = [Self.resource(["threads"], "Conversations")]
        async let threads = self.items(MCPCall("listThreads", query: [("limit", "20")]))
        async let repositories = self.items(MCPCall("repositories"))
        async let documents = self.items(MCPCall("findDocuments"))
        for thread in await threads {
            let title = MCPText.line(thread["title"]?.stringValue ?? "", 100)
            items.append(
                Self.resource(["thread", thread["id"]?.stringValue ?? ""], title.isEmpty ? "Untitled" : title))
        }
        for repository in await repositories.prefix(Self.listLimit) {
            let name = repository["name"]?.stringValue ?? ""
            items.append(Self.resource(["tasks", name], "Tasks of \(name)"))
        }
        for document in await documents.prefix(Self.listLimit) {
            let path = document["path"]?.stringValue ?? ""
            let parts =
                ["document", document["repository"]?.stringValue ?? ""] + path.split(separator: "/").map(String.init)
            items.append(Self.resource(parts, MCPText.line(path, 240)))
        }
        return items
    }

    private func items(_ call: MCPCall) async -> [JSON] {
        (try? await self.backend.json(call))?["items"]?.arrayValue ?? []
    }

    /// Throws ``MCPRefusal`` for an address that names nothing.
    func read(_ uri: String) async throws -> String {
        guard uri.utf8.count <= 4_096, uri.hasPrefix(Self.scheme) else { throw Self.unknown }
        let parts = uri.dropFirst(Self.scheme.count).split(separator: "/", omittingEmptySubsequences: false)
            .map { PercentEncoding.decode($0) ?? "" }
        guard !parts.contains("") else { throw Self.unknown }
        let last = parts.last ?? ""
        switch (parts.first, parts.count) {
        case ("threads", 1):
            let threads = MCPThreads(self.backend)
            let page = try await self.backend.json(MCPCall("listThreads", query: [("limit", "50")]))
            return page["items"]?.arrayValue?.map(threads.line).joined(separator: "\n") ?? ""
        case ("thread", 2):
            return try await MCPThreads(self.backend).read(last, after: nil, limit: 50, bytes: Self.textLimit)
        case ("tasks", 2): return try await MCPTasks(self.backend).list([("repository", last)], limit: 200)
        case ("spec", 3): return try await MCPSpecs(self.backend).ofRepository(parts[1], feature: last)
        case ("document", 3...):
            let address = MCPDocuments.Address(path: parts[2...].joined(separator: "/"), repository: parts[1])
            return try await MCPDocuments(self.backend).read(address).text
        default: throw Self.unknown
        }
    }

    private static let unknown = MCPRefusal("There is no such resource.", status: 404)
}

/// A beginning that a client offers its person, mostly as a slash command.
struct MCPPrompt: Sendable {
    let name: String
    let description: String
    /// Names and whether they are needed.
    let arguments: [(name: String, note: String, isRequired: Bool)]
    let text: @Sendable ([String: String]) -> String

    static let all = [
        MCPPrompt(
            name: "specify", description: "Let Jetbridge specify a feature, and bring back what it asks.",
            arguments: [
                ("description", "What the feature shall do.", true),
                ("repository", "The default one without it.", false),
            ]
        ) { arguments in
            let repository = arguments["repository"].map {
                "First call thread_post with the text `/repo \($0)`, and use its conversation for the next call.\n"
            }
            return """
                Let Jetbridge specify a feature.
                \(repository ?? "")Call thread_post with the text `/specify` and this description after it, as it is:

                \(arguments["description"] ?? "")

                While the operation runs, call operation_read. Then show what spec_status says of the conversation. Put the \
                open questions to me; do not answer them yourself.
                """
        },
        MCPPrompt(
            name: "review", description: "Review what a conversation has changed.",
            arguments: [("thread_id", "The conversation.", true)]
        ) { arguments in
            """
            Review the changes of the Jetbridge conversation \(arguments["thread_id"] ?? "").
            Read what was asked for with thread_read, what is specified with spec_status, and the changes with diff_read. \
            Report mistakes first, each with its file and line, then what is missing. Change nothing.
            """
        },
    ]

    var json: JSON {
        [
            "name": .string(self.name), "description": .string(self.description),
            "arguments": .array(
                self.arguments.map {
                    ["name": .string($0.name), "description": .string($0.note), "required": .bool($0.isRequired)]
                }),
        ]
    }

    /// The members of the result of `prompts/get`.
    static func get(_ params: JSON) throws(MCPError) -> JSONObject {
        let name = params["name"]?.stringValue ?? ""
        guard let prompt = Self.all.first(where: { $0.name == name }) else {
            throw MCPError(.invalidParams, "There is no prompt \(name.beginning(bytes: 100)).")
        }
        var values: [String: String] = [:]
        for argument in prompt.arguments {
            let value = params["arguments"]?[argument.name]?.stringValue ?? ""
            guard !value.isEmpty || !argument.isRequired else {
                throw MCPError(.invalidParams, "The prompt \(name) needs the argument `\(argument.name)`.")
            }
            if !value.isEmpty { values[argument.name] = value }
        }
        return [
            "description": .string(prompt.description),
            "messages": [["role": "user", "content": ["type": "text", "text": .string(prompt.text(values))]]],
        ]
    }
}
