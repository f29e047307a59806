internal import Chat
package import JSON
internal import Primitives

/// Jetbridge as a server of the Model Context Protocol, in both eras and without sessions; see docs/mcp.md. Knows neither
/// HTTP nor standard input.
package struct MCPServer: Sendable {
    let backend: any MCPBackend
    let seal: MCPSeal
    let version: String
    /// Milliseconds since 1970.
    let now: @Sendable () -> Int64

    package init(
        backend: any MCPBackend, seal: MCPSeal, version: String, now: @escaping @Sendable () -> Int64 = WallClock.now
    ) {
        self.backend = backend
        self.seal = seal
        self.version = version
        self.now = now
    }

    private static let instructions = """
        Jetbridge runs conversations with an agent that works on Git repositories, and keeps their documents, specifications \
        and tasks. thread_post sets that agent to work; operation_read says how far it is. What waits for a person's \
        decision is listed by asks_list, and only the person decides it.
        """

    /// The answer to a request. Throws ``MCPError``, and `CancellationError` when the task is cancelled.
    package func answer(_ message: MCPMessage, for client: MCPClient) async throws -> JSON {
        try message.checkEnvelope()
        switch (message.method, message.isModern) {
        case ("initialize", false): return self.initialized(message)
        case ("ping", false): return message.result([:], version: self.version)
        case ("server/discover", true): return self.discovered(message)
        case ("tools/list", _): return try await self.tools(message)
        case ("tools/call", _): return try await self.call(message, for: client)
        case ("resources/list", _):
            return self.list(message, "resources", await MCPResources(self.backend).list())
        case ("resources/templates/list", _): return self.list(message, "resourceTemplates", MCPResources.templates)
        case ("resources/read", _): return try await self.read(message)
        case ("prompts/list", _): return self.list(message, "prompts", MCPPrompt.all.map(\.json))
        case ("prompts/get", _): return message.result(try MCPPrompt.get(message.params), version: self.version)
        default:
            throw MCPError(.unknownMethod, "There is no method \(message.method.beginning(bytes: 100)) here.")
        }
    }

    // MARK: Beginning

    private static let capabilities: JSON = ["tools": [:], "resources": [:], "prompts": [:]]

    private func initialized(_ message: MCPMessage) -> JSON {
        let wanted = message.params["protocolVersion"]?.stringValue ?? ""
        let revision = MCPMessage.legacy.contains(wanted) ? wanted : MCPMessage.legacy[0]
        return message.result(
            [
                "protocolVersion": .string(revision), "capabilities": Self.capabilities,
                "serverInfo": MCPMessage.server(self.version), "instructions": .string(Self.instructions),
            ], version: self.version)
    }

    /// Whether an `initialize` declares that the client shows forms; nil for another message.
    package static func declaredForms(_ message: MCPMessage) -> Bool? {
        guard message.method == "initialize" else { return nil }
        return MCPMessage.declaresForms(message.params["capabilities"] ?? .null)
    }

    private func discovered(_ message: MCPMessage) -> JSON {
        let revisions = [MCPMessage.modern] + MCPMessage.legacy
        return message.result(
            [
                "supportedVersions": .array(revisions.map { .string($0) }), "capabilities": Self.capabilities,
                "instructions": .string(Self.instructions),
            ], isCacheable: true, version: self.version)
    }

    private func list(_ message: MCPMessage, _ name: String, _ items: [JSON]) -> JSON {
        message.result(JSONObject(members: [(name, .array(items))]), isCacheable: true, version: self.version)
    }

    // MARK: Tools

    /// What the caller's credential may use; everything while no host can say.
    private func tools(_ message: MCPMessage) async throws -> JSON {
        let caller = try await MCPCaller(self.backend)
        let tools = MCPTool.all.filter { caller?.may($0.route) ?? true }
        return self.list(message, "tools", tools.map(\.json))
    }

    private func call(_ message: MCPMessage, for client: MCPClient) async throws -> JSON {
        let name = message.params["name"]?.stringValue ?? ""
        guard let tool = MCPTool.all.first(where: { $0.name == name }) else {
            throw MCPError(.invalidParams, "There is no tool \(name.beginning(bytes: 100)).")
        }
        do {
            let arguments = try tool.checked(message.params["arguments"] ?? [:])
            let call = MCPToolCall(message: message, arguments: arguments, server: self, client: client)
            switch try await tool.run(call) {
            case .text(let text): return self.text(text, to: message)
            case .needed(let members): return message.result(members, version: self.version)
            }
        } catch let refusal as MCPRefusal {
            return self.text(refusal.text, isError: true, to: message)
        }
    }

    private func text(_ text: String, isError: Bool = false, to message: MCPMessage) -> JSON {
        let content: JSON = [["type": "text", "text": .string(text)]]
        return message.result(["content": content, "isError": .bool(isError)], version: self.version)
    }

    // MARK: Resources

    private func read(_ message: MCPMessage) async throws -> JSON {
        let uri = message.params["uri"]?.stringValue ?? ""
        let text: String
        do {
            text = try await MCPResources(self.backend).read(uri)
        } catch let refusal as MCPRefusal {
            throw MCPError(
                message.isModern ? .invalidParams : .unknownResource, refusal.text,
                data: ["uri": .string(uri.beginning(bytes: 1_000))])
        }
        return message.result(
            ["contents": [["uri": .string(uri), "mimeType": "text/markdown", "text": .string(text)]]],
            isCacheable: true, version: self.version)
    }
}

/// Whose credential it is that the API is called with.
struct MCPCaller: Sendable {
    private let scopes: Set<Scope>
    private let role: Role

    /// Nil where no host can say. Throws ``MCPError`` and `CancellationError`.
    init?(_ backend: any MCPBackend) async throws {
        let person: JSON
        do {
            person = try await backend.json(MCPCall("me"))
        } catch is MCPRefusal {
            return nil
        }
        self.scopes = Set(person["scopes"]?.arrayValue?.compactMap { $0.stringValue.flatMap(Scope.init) } ?? [])
        self.role = person["role"]?.stringValue.flatMap(Role.init) ?? .guest
    }

    /// Whether the route would let the caller in.
    func may(_ route: APIRoute) -> Bool {
        guard case .scopes(let scopes, let role) = route.access else { return true }
        return self.role >= role && (self.scopes.contains(.admin) || !self.scopes.isDisjoint(with: scopes))
    }
}
