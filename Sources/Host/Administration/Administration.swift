internal import Chat
internal import Crypto
internal import Database
internal import Gateway
package import Sessions

/// What commands do with the store of a host, whether it serves or not.
package struct Administration: Sendable {
    private let database: Database
    private let store: SessionStore

    /// Opens the store of the configured data directory.
    package init(_ configuration: Configuration) throws {
        _ = try DataDirectory(path: configuration.dataDirectory)
        self.database = try Stores.open(configuration)
        self.store = SessionStore(database: self.database)
    }

    package func close() async { await self.database.close() }

    // MARK: Codes and tokens

    /// A pairing code as it is shown, and when it ends in milliseconds since 1970.
    package func makeCode(for role: Role) async throws -> (code: String, expiresAt: Int64) {
        try await AccessControl.makeCode(for: role, in: self.store, at: WallClock.now())
    }

    /// A new token; its text is returned this once. Scopes that do not exist are refused. `lifetime` in milliseconds.
    package func createToken(
        name: String, scopes: [String], lifetime: Int64? = nil
    ) async throws -> (credential: CredentialRecord, token: String) {
        for scope in scopes where Scope(rawValue: scope) == nil {
            let known = Scope.allCases.map(\.rawValue).joined(separator: ", ")
            throw HostError("there is no scope '\(scope)'. Choose among \(known).")
        }
        guard !scopes.isEmpty else { throw HostError("a token needs a scope. Give --scope chat,read for example.") }
        let id = Identifier.make("k")
        let token = Crypto.randomToken(prefix: "jb")
        let now = WallClock.now()
        let credential = CredentialRecord(
            id: id, kind: .token, name: name, identity: "web:\(id)", role: .owner, scopes: scopes, createdAt: now,
            expiresAt: lifetime.map { now + $0 })
        try await self.store.write { ledger in
            try ledger.insert(credential, hash: CredentialSecret.hash(of: token))
        }
        return (credential, token)
    }

    /// Tokens and signed-in browsers, oldest first.
    package func credentials() async throws -> [CredentialRecord] {
        try await self.store.read { ledger in
            try ledger.credentials(kind: .token) + ledger.credentials(kind: .cookie)
        }
    }

    /// Whether there was such a credential.
    package func revoke(_ id: String) async throws -> Bool {
        try await self.store.write { ledger in try ledger.revokeCredential(id: id) }
    }

    // MARK: Sessions

    package func sessions(after cursor: String? = nil, limit: Int = 100) async throws -> Page<SessionRecord> {
        try await self.store.read { ledger in try ledger.sessions(after: cursor, limit: limit) }
    }

    package func session(_ id: String) async throws -> SessionRecord {
        guard let session = try await self.store.read({ ledger in try ledger.session(id: id) }) else {
            throw HostError("there is no session '\(id)'. 'jetbridge sessions list' lists them.")
        }
        return session
    }

    package func messages(
        of session: SessionRecord, after cursor: String?, limit: Int = 200
    ) async throws -> Page<MessageRecord> {
        try await self.store.read { ledger in try ledger.messages(of: session.id, after: cursor, limit: limit) }
    }

    /// Puts a session away; its history is left behind, its text stays.
    package func archive(_ id: String) async throws {
        var session = try await self.session(id)
        session.state = .archived
        let archived = session
        try await self.store.write { ledger in
            var session = archived
            session.epoch = try ledger.lastPlace(of: session.id)
            session.summary = nil
            try ledger.update(session)
        }
    }

    /// Tokens used by model, in all sessions.
    package func usage() async throws -> [(model: String, turns: Int64, input: Int64, output: Int64)] {
        try await self.store.read { ledger in try ledger.usage(of: nil) }
    }

    /// Tokens used through the proxy, by model and client key.
    package func proxyUsage() async throws -> [ProxyUsageRecord] {
        try await self.store.read { ledger in try ledger.proxyUsage() }
    }
}
