package import Analytics
package import Audit
package import Chat
package import Cluster
internal import Crypto
internal import Database
internal import Gateway
internal import Lifecycle
package import People
internal import Primitives
internal import Sessions
package import Store
package import Threads
internal import Turns
package import Work

/// The store operations of the command line; they work whether or not a host is serving.
package struct Administration: Sendable {
    /// What this changed in the data directory, for people; see ``DataDirectory/restriction``.
    package let notice: String?
    let database: Database
    let isInCluster: Bool
    let store: SessionStore
    private let deletion: SessionDeletion
    let dataDirectory: String
    private let archiver: SessionArchiver?
    private let access: AccessPolicy
    private let prices: PriceTable

    /// Opens the store of the configured data directory.
    package init(_ configuration: Configuration) throws {
        let directory = try DataDirectory(path: configuration.dataDirectory)
        self.notice = directory.restriction
        self.dataDirectory = configuration.dataDirectory
        self.database = try Stores.open(configuration)
        self.isInCluster = configuration.cluster != nil
        self.store = SessionStore(database: self.database)
        self.deletion = SessionDeletion(
            store: self.store, filesDirectory: configuration.filesDirectory,
            objects: configuration.sharedObjects)
        self.access = configuration.access.policy
        self.prices = configuration.analytics.prices
        self.archiver = SessionArchiver(
            configuration, store: self.store,
            workspaces: WorkbenchSetup.stored(configuration, RepositorySetup.existing(for: configuration)),
            isServing: { directory.servingHost != nil })
    }

    package func close() async { await self.database.close() }

    // MARK: Hosts

    /// The hosts that share the store. Throws `HostError` without a cluster.
    package func hostDirectory() throws -> HostDirectory {
        guard self.isInCluster else {
            throw HostError("this host is alone: the configuration has no section 'cluster'; see docs/cluster.md")
        }
        return HostDirectory(self.database)
    }

    // MARK: Audit

    package var audit: AuditReader { AuditReader(self.database) }

    package func verifyAudit() async throws -> AuditVerdict {
        try await self.audit.verify(keyIn: self.dataDirectory)
    }

    // MARK: Codes and tokens

    /// A pairing code as people see it, and when it expires, in milliseconds since 1970.
    package func makeCode(for role: Role, by: String) async throws -> (code: String, expiresAt: Int64) {
        try await AccessControl.makeCode(for: role, by: by, in: self.store, at: WallClock.now())
    }

    /// The scopes that tokens can have.
    package static let scopes = Scope.allCases.map(\.rawValue)

    /// Creates a token, whose text is returned only this once. Refuses unknown scopes.
    ///
    /// - Parameter identity: Who acts with it; nil for somebody of its own.
    package func createToken(
        name: String, scopes: [String], limits: TokenLimits = TokenLimits(), identity: Identity? = nil
    ) async throws -> (credential: CredentialRecord, token: String) {
        for scope in scopes where Scope(rawValue: scope) == nil {
            let known = Self.scopes.joined(separator: ", ")
            throw HostError("there is no scope '\(scope)'. The scopes are \(known).")
        }
        guard !scopes.isEmpty else { throw HostError("a token needs a scope. Add one, such as --scope chat,read.") }
        let id = Identifier.make("k")
        let token = Crypto.randomToken(prefix: "jb")
        let credential = CredentialRecord(
            id: id, kind: .token, name: name, identity: identity?.value ?? "web:\(id)", role: .owner, scopes: scopes,
            createdAt: WallClock.now(), expiresAt: limits.expiresAt, models: limits.models,
            tokensPerDay: limits.tokensPerDay)
        try await self.store.write { ledger in
            try ledger.insert(credential, hash: CredentialSecret.hash(of: token))
        }
        return (credential, token)
    }

    /// Tokens and browser sign-ins, oldest first.
    package func credentials() async throws -> [CredentialRecord] {
        try await self.store.read { ledger in
            try ledger.credentials(kind: .token) + ledger.credentials(kind: .cookie)
        }
    }

    /// Revokes a credential and what may have been made with it. Returns whether it existed.
    package func revoke(_ id: String, by actor: Sender) async throws -> Bool {
        try await self.deciding { desk, store in try await desk.revoke(id, by: actor, in: store) }
    }

    /// Ends a token that was made for one command, whose codes stay.
    package func end(_ token: CredentialRecord) async throws {
        _ = try await self.store.write { ledger in try ledger.revokeCredential(id: token.id) }
    }

    // MARK: Sessions

    package func sessions(after cursor: String? = nil, limit: Int = 100) async throws -> Page<SessionRecord> {
        try await self.store.read { ledger in
            try ledger.sessions(after: cursor.flatMap(SessionCursor.init), limit: limit)
        }
    }

    package func session(_ id: String) async throws -> SessionRecord {
        guard let session = try await self.store.read({ ledger in try ledger.session(id: id) }) else {
            throw HostError(Self.unknownSession(id))
        }
        return session
    }

    package func messages(
        of session: SessionRecord, after cursor: String?, limit: Int = 200
    ) async throws -> Page<MessageRecord> {
        try await self.store.read { ledger in try ledger.messages(of: session.id, after: cursor, limit: limit) }
    }

    /// Archives a session. Its messages stay stored, but the next turn no longer sees them.
    ///
    /// If an archive is configured, the session is written there first, and stays as it is if that fails.
    ///
    /// - Returns: The archive; nil if none is configured.
    @discardableResult
    package func archive(_ id: String) async throws -> WorkspaceArchive.Result? {
        let archived = try await self.archiver?.write(try await self.session(id))
        let isThere = try await self.store.write { ledger in
            guard var session = try ledger.session(id: id, isChanging: true) else { return false }
            session.state = .archived
            session.epoch = try ledger.lastPlace(of: session.id)
            session.summary = nil
            try ledger.update(session)
            return true
        }
        guard isThere else { throw HostError(Self.unknownSession(id)) }
        return archived
    }

    /// Deletes a session with its transcript and files, also while a host is running.
    package func delete(_ id: String) async throws {
        switch try await self.deletion.delete(id) {
        case .deleted: break
        case .unknown: throw HostError(Self.unknownSession(id))
        case .busy:
            throw HostError(
                "an answer is running or waiting in '\(id)'. Say 'stop all' in its thread, then delete it again.")
        }
    }

    private static func unknownSession(_ id: String) -> String {
        "there is no session '\(id)'. 'jetbridge sessions list' lists them."
    }

    /// Tokens used in all sessions, by model.
    package func usage() async throws -> [(model: String, turns: Int64, input: Int64, output: Int64)] {
        try await self.store.read { ledger in try ledger.usage(of: nil) }
    }

    /// What was used and what it cost, of everybody.
    package func analytics(_ query: AnalyticsQuery) async throws -> AnalyticsTable {
        let prices = self.prices
        return try await self.store.read { ledger in try ledger.analytics(query, prices: prices) }
    }

    /// Tokens used through the proxy, by model and client key.
    package func proxyUsage() async throws -> [ProxyUsageRecord] {
        try await self.store.read { ledger in try ledger.proxyUsage() }
    }

    /// The valid client keys with a limit on tokens a day, and their tokens of today, in UTC.
    package func limitedKeys() async throws -> [(credential: CredentialRecord, tokensToday: Int64)] {
        let now = WallClock.now()
        return try await self.store.read { ledger in
            try ledger.credentials(kind: .token).filter { $0.tokensPerDay != nil && !$0.isExpired(at: now) }.map {
                ($0, try ledger.tokens(of: $0.id, on: ProxyUsageRecorder.day(of: now)))
            }
        }
    }
}

/// Asks and people on the command line.
extension Administration {
    /// The open asks of all sessions, oldest first.
    package func openAsks() async throws -> [AskRecord] {
        let now = WallClock.now()
        return try await self.store.read { ledger in try ledger.openAsks() }.filter { $0.expiresAt > now }
    }

    /// Answers an ask while no host serves the data directory. Returns the decided ask.
    package func answer(_ id: String, with key: String, reason: String?, as user: String) async throws -> AskRecord {
        let answer = AskAnswer(ask: id, sender: .user(ofMachine: user), role: .owner, key: key, reason: reason)
        let audit = try await AuditLog.open(self.store.database, keyIn: self.dataDirectory)
        let append = DecisionAudit.appending(to: audit.chain)
        switch try await self.store.answer(answer, at: WallClock.now(), audit: append) {
        case .decided(let ask): return ask
        case .settled(let ask): throw HostError("'\(id)' is closed: \(ask.outcome).")
        case .expired: throw HostError("'\(id)' has expired. Ask again in the thread.")
        case .unknown: throw HostError("there is no ask '\(id)'. 'jetbridge asks' lists the open ones.")
        case .noSuchAnswer(let ask):
            let keys = ask.options.map { "\($0.key) (\($0.label))" }.joined(separator: ", ")
            let how = keys.isEmpty ? "in words" : "with one of \(keys)"
            throw HostError("that is no answer to '\(id)'. Answer \(how).")
        case .notAllowed, .altered:
            throw HostError("'\(id)' cannot be decided. Ask again in the thread.")
        }
    }

    /// Everybody with access.
    package func people() async throws -> PeopleDesk.Listing {
        try await PeopleDesk(policy: self.access) { _, _ in }.listing(of: self.store, at: WallClock.now())
    }

    /// Changes who has access while no host serves the data directory.
    package func deciding<Result>(_ body: (PeopleDesk, SessionStore) async throws -> Result) async throws -> Result {
        let audit = try await AuditLog.open(self.store.database, keyIn: self.dataDirectory)
        let desk = PeopleDesk(policy: self.access, audit: DecisionAudit.appending(to: audit.chain))
        return try await body(desk, self.store)
    }
}

/// How long a token is valid, and what a client of the proxy may do with it.
package struct TokenLimits: Sendable, Equatable {
    /// Milliseconds since 1970; nil if it does not expire.
    package var expiresAt: Int64?
    /// Nil for all models.
    package var models: [String]?
    /// Input and output together; nil without a limit.
    package var tokensPerDay: Int64?

    package init(expiresAt: Int64? = nil, models: [String]? = nil, tokensPerDay: Int64? = nil) {
        self.expiresAt = expiresAt
        self.models = models
        self.tokensPerDay = tokensPerDay
    }
}
