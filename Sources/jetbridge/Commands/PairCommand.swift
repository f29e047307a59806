internal import Chat
internal import Host
internal import JSON
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
        let (user, configuration) = (context.user, try context.loadConfiguration())
        let (code, expiresAt) = try await context.withStore(configuration) { store, _ in
            try await AccessControl.makeCode(for: role, by: user, in: store, at: WallClock.now())
        }
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
        let page = try ServingHost.pageURL(configuration)
        try context.print(
            "Send 'pair \(code)' to the bot in a direct message (!pair on IRC), or enter the code on the web page, "
                + "\(page).")
    }

    private func invite(_ context: CommandContext) async throws {
        let role = context.arguments.value("role").flatMap { Role(rawValue: $0) } ?? Self.standard
        let (name, expires) = (context.arguments.value("name"), context.arguments.value("expires"))
        let code = try await self.make(context) { desk, store, now in
            let invitation = try Invitation(as: role, called: name, expires: expires, at: now)
            return try await desk.invite(invitation, by: .user(ofMachine: context.user), in: store, at: now)
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
        var name = ""
        let code = try await self.make(context) { desk, store, now in
            let person = try await desk.listing(of: store, at: now).person(called: who)
            name = person.shownName
            return try await desk.addBrowser(
                of: person.id, by: .user(ofMachine: context.user), as: .owner, in: store, at: now)
        }
        guard !context.isJSON else { return try context.print(code.json()) }
        try context.print(
            VisibleText.strictLine(
                "\(code.code) signs another browser in as \(name). It expires at \(code.expiresAt)."))
        try context.print("Enter it on the web page, or open \(code.url) there.")
    }

    /// Makes a code in the store, from which a serving host takes it.
    private func make(
        _ context: CommandContext, _ body: (PeopleDesk, SessionStore, Int64) async throws -> MadeCode
    ) async throws -> JoiningCode {
        let configuration = try context.loadConfiguration()
        let url = try ServingHost.pageURL(configuration)
        do {
            return try await context.withStore(configuration) { store, configuration in
                let desk = try await configuration.peopleDesk(in: store)
                return JoiningCode(try await body(desk, store, WallClock.now()), at: url)
            }
        } catch let error as PeopleError {
            throw CommandFailure(error.message.replacing("`", with: "'"))
        }
    }
}
