internal import Chat
internal import Crypto
internal import Gateway
internal import Host
internal import JSON
internal import People
internal import Primitives
internal import Store

struct TokenCreateCommand: Command {
    let syntax = CommandSyntax(
        "token", "create", summary: "Create an API token",
        discussion: """
            The token is printed once and stored only as a hash. Scopes: read (look at everything), chat (messages, and \
            what read and run allow), run (commands and approvals), documents, tasks (read and change them), proxy \
            ('jetbridge proxy'), admin (everything).
            """,
        options: [
            OptionSyntax(
                "scope", .list("SCOPE[,…]", Self.scopes), isRequired: true,
                help: "What the token may do: \(Self.scopes.joined(separator: ", ")), or some of these."),
            OptionSyntax("name", .text("NAME"), help: "A name shown by 'token list'."),
            OptionSyntax(
                "expires", .text("DURATION|TIME"),
                help: "When it expires: in 12h or 30d, or at 2027-01-31T12:00:00Z; by default never."),
            OptionSyntax(
                "models", .text("MODEL[,…]"), help: "With scope proxy: the only models that it may use."),
            OptionSyntax(
                "tokens-per-day", .text("N"),
                help: "With scope proxy: how many tokens it may use a day (UTC), in and out together."),
        ],
        examples: [
            "jetbridge token create --scope read", "jetbridge token create --scope chat,read --json",
            "jetbridge token create --scope proxy --expires 30d --models gpt-4.1",
        ])

    private static let scopes = Scope.allCases.map(\.rawValue)

    func run(_ context: CommandContext) async throws {
        let arguments = context.arguments
        let scopes = (arguments.value("scope") ?? "").split(separator: ",").map(String.init)
        let limits: TokenLimits
        do throws(TokenLimits.Invalid) {
            limits = try TokenLimits(
                expires: arguments.value("expires"), models: arguments.value("models"),
                tokensPerDay: arguments.value("tokens-per-day"), scopes: scopes, at: WallClock.now())
        } catch {
            throw UsageError(message: error.message, path: context.path)
        }
        let (credential, token) = try await context.withStore { store, _ in
            for scope in scopes where !Self.scopes.contains(scope) {
                let known = Self.scopes.joined(separator: ", ")
                throw CommandFailure("there is no scope '\(scope)'. The scopes are \(known).")
            }
            guard !scopes.isEmpty else {
                throw CommandFailure("a token needs a scope. Add one, such as --scope chat,read.")
            }
            return try await store.makeToken(arguments.value("name") ?? "token", scopes, limits: limits)
        }
        guard !context.isJSON else {
            let document: JSONObject = [
                "id": .string(credential.id), "token": .string(token),
                "scopes": .array(credential.scopes.map { .string($0) }),
            ]
            return try context.print(.object(document.adding(limitsOf: credential)))
        }
        try context.print(token)
        try context.errors.writeLine(
            "The token is shown only once. 'jetbridge token revoke \(credential.id)' revokes it.")
    }
}

struct TokenListCommand: Command {
    let syntax = CommandSyntax(
        "token", "list", summary: "List tokens and browser sign-ins, without secrets")

    func run(_ context: CommandContext) async throws {
        let credentials = try await context.reading { ledger in
            try ledger.credentials(kind: .token) + ledger.credentials(kind: .cookie)
        }
        guard !context.isJSON else {
            return try context.print(.array(credentials.map(Self.json)))
        }
        if credentials.isEmpty { try context.errors.writeLine("There are no tokens or browser sign-ins.") }
        let now = WallClock.now()
        let rows = credentials.map { credential -> [String] in
            let limits = credential.limits(at: now)
            return [
                credential.id, credential.kind == .token ? "token" : "browser", credential.name,
                credential.scopes.joined(separator: ","),
                "created \(CivilTime(milliseconds: credential.createdAt).rfc3339Seconds)",
                credential.usedAt.map { "used \(CivilTime(milliseconds: $0).rfc3339Seconds)" } ?? "never used",
            ] + (limits.isEmpty ? [] : [limits])
        }
        for line in TextTable.lines(rows) { try context.print(line) }
    }

    private static func json(_ credential: CredentialRecord) -> JSON {
        let document: JSONObject = [
            "id": .string(credential.id), "kind": .string(credential.kind == .token ? "token" : "browser"),
            "name": .string(credential.name), "scopes": .array(credential.scopes.map { .string($0) }),
            "role": .string(credential.role.rawValue),
            "created_at": .string(CivilTime(milliseconds: credential.createdAt).rfc3339Seconds),
            "used_at": credential.usedAt.map { .string(CivilTime(milliseconds: $0).rfc3339Seconds) } ?? .null,
        ]
        return .object(document.adding(limitsOf: credential))
    }
}

struct TokenRevokeCommand: Command {
    let syntax = CommandSyntax(
        "token", "revoke", summary: "Revoke a token or a browser sign-in",
        positionals: [PositionalSyntax("id", .text("ID"), help: "The id shown by 'token list'.")])

    func run(_ context: CommandContext) async throws {
        let id = context.arguments.word("id") ?? ""
        let configuration = try context.loadConfiguration()
        let user = context.user
        let wasThere = try await context.withStore(configuration) { store, configuration in
            try await configuration.peopleDesk(in: store).revoke(id, by: .user(ofMachine: user), in: store)
        }
        guard wasThere else {
            throw CommandFailure("there is no token '\(id)'. 'jetbridge token list' lists them.")
        }
        try await self.closeConnections(of: id, configuration, context)
        if context.isJSON {
            try context.print(["id": .string(id), "revoked": true])
        } else {
            try context.print("Revoked \(id).")
        }
    }

    /// The host that serves the data directory, if any, closes what was opened with the credential.
    private func closeConnections(
        of id: String, _ configuration: Configuration, _ context: CommandContext
    ) async throws {
        do {
            _ = try await ChatHost.withServing(configuration, name: context.user) {
                try await $0.closeConnections(ofCredential: id)
            }
        } catch {
            let reason = (error as? CommandFailure)?.message ?? "\(error)"
            try context.errors.writeLine(
                "The host did not close the connections of \(id): \(reason). They end within half a minute.")
        }
    }
}

extension SessionStore {
    /// Creates a token, whose text is returned only this once.
    ///
    /// - Parameter identity: Who acts with it; nil for somebody of its own.
    func makeToken(
        _ name: String, _ scopes: [String], limits: TokenLimits, identity: Identity? = nil
    ) async throws -> (credential: CredentialRecord, token: String) {
        let id = Identifier.make("k")
        let token = Crypto.randomToken(prefix: "jb")
        let credential = CredentialRecord(
            id: id, kind: .token, name: name, identity: identity?.value ?? "web:\(id)", role: .owner, scopes: scopes,
            createdAt: WallClock.now(), expiresAt: limits.expiresAt, models: limits.models,
            tokensPerDay: limits.tokensPerDay)
        try await self.write { ledger in try ledger.insert(credential, hash: CredentialSecret.hash(of: token)) }
        return (credential, token)
    }
}

extension CredentialRecord {
    /// What limits it, for people: `expires 2027-01-31T12:00:00Z, only gpt-4.1, 1000 tokens a day`; empty without limits.
    func limits(at now: Int64) -> String {
        var limits: [String] = []
        if let end = self.expiresAt {
            limits.append(
                (self.isExpired(at: now) ? "expired " : "expires ") + CivilTime(milliseconds: end).rfc3339Seconds)
        }
        if let models = self.models { limits.append("only \(models.joined(separator: " "))") }
        if let tokens = self.tokensPerDay { limits.append("\(tokens) tokens a day") }
        return limits.joined(separator: ", ")
    }
}

extension JSONObject {
    /// With the members that say what limits a token; null for no limit.
    func adding(limitsOf credential: CredentialRecord) -> JSONObject {
        var object = self
        object["expires_at"] =
            credential.expiresAt.map { .string(CivilTime(milliseconds: $0).rfc3339Seconds) } ?? .null
        object["models"] = credential.models.map { .array($0.map { .string($0) }) } ?? .null
        object["tokens_per_day"] = credential.tokensPerDay.map { .integer($0) } ?? .null
        return object
    }
}
