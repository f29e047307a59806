internal import Chat
internal import Database
internal import Gateway
internal import HTTP
internal import HTTPClient
internal import Host
internal import JSON
internal import People
internal import Primitives
internal import Store
internal import Threads

/// Calls the API of the host that serves the data directory. The host may start, end and move while this is used.
actor MCPLink: MCPBackend {
    private let configuration: Configuration
    private let user: String
    private let given: Secret?
    private let client = HTTPClient()
    /// The token of this command's own.
    private var own: Task<(id: String, token: Secret), any Error>?

    private static let answerLimit = 16 << 20
    /// In milliseconds, in case the command is killed.
    private static let lifetime: Int64 = 24 * 3_600_000

    init(_ configuration: Configuration, user: String, token: Secret?) {
        self.configuration = configuration
        self.user = user
        self.given = token
    }

    nonisolated var pageURL: String {
        (try? ServingHost.pageURL(self.configuration)) ?? self.configuration.gateway.url
    }

    func send(_ call: MCPCall) async throws -> MCPAnswer {
        guard let address = try? ServingHost.address(self.configuration) else {
            throw MCPRefusal(
                "No host serves \(self.configuration.dataDirectory). Start one with `jetbridge serve`, then try again.")
        }
        let answer = try await self.send(call, to: address)
        guard answer.status == 401 else { return answer }
        guard self.given == nil else {
            throw MCPRefusal("The host does not accept the token. Make one with `jetbridge token create --scope chat`.")
        }
        // It has expired, or was revoked.
        self.own = nil
        return try await self.send(call, to: address)
    }

    private func send(_ call: MCPCall, to address: String) async throws -> MCPAnswer {
        let token = try await self.token()
        var headers: HTTPHeaders = [
            "Authorization": "Bearer \(token.reveal())", MCPCall.header: MCPCall.via, "Accept": "application/json",
        ]
        if call.body != nil { headers["Content-Type"] = "application/json" }
        do {
            let url = try HTTPURL("http://\(ServingHost.reachable(address))\(call.target)")
            var request = HTTPClientRequest(call.method, url, headers: headers)
            if let body = call.body { request.body = .bytes(body.bytes) }
            let response = try await self.client.execute(request)
            return MCPAnswer(
                status: Int(response.status.code), body: try await response.body.collect(upTo: Self.answerLimit))
        } catch let error as HTTPClientError {
            throw MCPRefusal("The host at \(address) does not answer (\(error.message)). Try again in a moment.")
        }
    }

    private func token() async throws -> Secret {
        if let given = self.given { return given }
        // Unstructured: several requests wait for one token.
        let making = self.own ?? Task { [configuration, user] in try await Self.make(configuration, user) }
        self.own = making
        do {
            return try await making.value.token
        } catch {
            self.own = nil
            throw MCPRefusal("No token can be made in \(self.configuration.dataDirectory): \(error)")
        }
    }

    private static func make(_ configuration: Configuration, _ user: String) async throws -> (id: String, token: Secret)
    {
        try await Self.withStore(configuration) { store in
            let made = try await store.makeToken(
                "jetbridge mcp", [Scope.chat.rawValue], limits: TokenLimits(expiresAt: WallClock.now() + Self.lifetime),
                identity: Identity.user(ofMachine: user))
            return (made.credential.id, Secret(made.token))
        }
    }

    private static func withStore<Value>(
        _ configuration: Configuration, _ body: (SessionStore) async throws -> Value
    ) async throws -> Value {
        let store = SessionStore(database: try Stores.open(configuration))
        do {
            let value = try await body(store)
            await store.database.close()
            return value
        } catch {
            await store.database.close()
            throw error
        }
    }

    /// Revokes the command's own token.
    func close() async {
        guard let own = try? await self.own?.value else { return }
        self.own = nil
        _ = try? await Self.withStore(self.configuration) { store in
            try await store.write { ledger in try ledger.revokeCredential(id: own.id) }
        }
    }
}
