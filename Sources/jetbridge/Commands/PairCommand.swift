internal import Chat
internal import Host
internal import JSON
internal import Lifecycle
internal import People
internal import Primitives
internal import Store

struct PairCommand: Command {
    let syntax = CommandSyntax(
        "pair", summary: "Create a pairing code that gives a person access",
        discussion: """
            The person enters it on the web page or sends "pair CODE" to the bot on a network. It works once and expires \
            after an hour. Without --role, it makes a member. The first owner pairs with --role owner, or with the code \
            that serve prints. With --for, it signs in another browser of a person who has one already. With --link, it \
            is an invite: a link that fills the code in on the web page, by default for two days.
            """,
        options: [
            OptionSyntax(
                "role", .choice("ROLE", ["owner", "member", "guest"]), help: "The person's role; member by default."),
            OptionSyntax("link", help: "Print an invite's link."),
            OptionSyntax("name", .text("NAME"), help: "With --link: whom it is for; fills the sign-in in."),
            OptionSyntax(
                "expires", .text("DURATION|TIME"),
                help: "With --link: when it expires: in 12h or 7d, or at 2027-01-31T12:00:00Z; at most in 30 days."),
            OptionSyntax(
                "for", .text("PERSON"), help: "Add a browser to this person: an ID of 'people list', or their name."),
        ],
        examples: [
            "jetbridge pair", "jetbridge pair --role owner", "jetbridge pair --role guest --json",
            "jetbridge pair --link --name Grace --expires 7d", "jetbridge pair --for Ada",
        ])

    /// Owners change access and approve commands, so nobody becomes one by a forgotten option.
    private static let standard = Role.member

    func run(_ context: CommandContext) async throws {
        if let person = context.arguments.value("for") { return try await self.addBrowser(of: person, context) }
        if context.arguments.has("link") { return try await self.invite(context) }
        let role = context.arguments.value("role").flatMap { Role(rawValue: $0) } ?? Self.standard
        let user = context.user
        let (code, expiresAt) = try await context.administering { try await $0.makeCode(for: role, by: user) }
        let expiry = CivilTime(milliseconds: expiresAt).rfc3339Seconds
        guard !context.isJSON else {
            return try context.print([
                "code": .string(code), "role": .string(role.rawValue), "expires_at": .string(expiry),
            ])
        }
        try context.print(
            "\(code) makes one person \(role == .owner ? "an" : "a") \(role.rawValue). It expires at \(expiry).")
        if context.arguments.value("role") == nil {
            try context.print("For an owner, use 'jetbridge pair --role owner'.")
        }
        try context.print(
            "Send 'pair \(code)' to the bot in a direct message (!pair on IRC), or enter the code on the web page.")
    }

    private func invite(_ context: CommandContext) async throws {
        let role = context.arguments.value("role").flatMap { Role(rawValue: $0) } ?? Self.standard
        let (name, expires) = (context.arguments.value("name"), context.arguments.value("expires"))
        let user = context.user
        let code = try await self.make(context) { link in
            try await link.invite(as: role.rawValue, called: name, expires: expires)
        } orHere: { desk, store in
            let now = WallClock.now()
            let invitation = try Invitation(as: role, called: name, expires: expires, at: now)
            return try await desk.invite(invitation, by: .user(ofMachine: user), in: store, at: now)
        }
        guard !context.isJSON else {
            return try context.print(code.json(with: ["role": .string(role.rawValue)]))
        }
        try context.print(code.url)
        try context.print(
            "It makes one person \(role == .owner ? "an" : "a") \(role.rawValue), until \(code.expiresAt).")
    }

    private func addBrowser(of who: String, _ context: CommandContext) async throws {
        guard ["role", "name", "expires"].allSatisfy({ context.arguments.value($0) == nil }) else {
            throw UsageError(
                message: "--for gives the person's own role and name for an hour, so it goes with no other option",
                path: context.path)
        }
        let user = context.user
        let listing = try await context.administering { try await $0.people() }
        let person = try Self.plainly { try listing.person(called: who) }
        let code = try await self.make(context) { link in
            try await link.addBrowser(of: person.id)
        } orHere: { desk, store in
            try await desk.addBrowser(
                of: person.id, by: .user(ofMachine: user), as: .owner, in: store, at: WallClock.now())
        }
        guard !context.isJSON else { return try context.print(code.json()) }
        try context.print(
            VisibleText.strictLine(
                "\(code.code) signs another browser in as \(person.shownName). It expires at \(code.expiresAt)."))
        try context.print("Enter it on the web page, or open \(code.url) there.")
    }

    /// By the host that serves the data directory or, if none does, in its store.
    private func make(
        _ context: CommandContext, by serving: (ChatLink) async throws -> JoiningCode,
        orHere own: (PeopleDesk, SessionStore) async throws -> MadeCode
    ) async throws -> JoiningCode {
        let configuration = try context.loadConfiguration()
        do {
            let served = try await ChatHost.withServing(configuration, name: context.user) { try await serving($0) }
            if let served { return served }
            let url = configuration.gateway.url
            return try await context.administering(configuration) {
                JoiningCode(try await $0.deciding(own), at: url)
            }
        } catch let error as PeopleError {
            throw CommandFailure(error.message.replacing("`", with: "'"))
        }
    }

    private static func plainly<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as PeopleError {
            throw CommandFailure(error.message.replacing("`", with: "'"))
        }
    }
}
