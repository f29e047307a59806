internal import Chat
internal import Host
internal import JSON
internal import Lifecycle
internal import People
internal import Primitives

struct PairCommand: Command {
    let syntax = CommandSyntax(
        "pair", summary: "Create a pairing code that gives a person access",
        discussion: """
            The person enters it on the web page or sends "pair CODE" to the bot on a network. It works once and expires \
            after an hour. Without --role, it makes a member. The first owner pairs with --role owner, or with the code \
            that serve prints. With --for, it signs in another browser of a person who has one already.
            """,
        options: [
            OptionSyntax(
                "role", .choice("ROLE", ["owner", "member", "guest"]), help: "The person's role; member by default."),
            OptionSyntax(
                "for", .text("PERSON"), help: "Add a browser to this person: an ID of 'people list', or their name."),
        ],
        examples: [
            "jetbridge pair", "jetbridge pair --role owner", "jetbridge pair --role guest --json",
            "jetbridge pair --for Ada",
        ])

    /// Owners change access and approve commands, so nobody becomes one by a forgotten option.
    private static let standard = Role.member

    func run(_ context: CommandContext) async throws {
        if let person = context.arguments.value("for") { return try await self.addBrowser(of: person, context) }
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

    /// By the host that serves the data directory or, if none does, in its store.
    private func addBrowser(of who: String, _ context: CommandContext) async throws {
        guard context.arguments.value("role") == nil else {
            throw UsageError(
                message: "--for gives the person's own role, so it goes without --role", path: context.path)
        }
        let configuration = try context.loadConfiguration()
        let user = context.user
        do {
            let listing = try await context.administering(configuration) { try await $0.people() }
            let person = try listing.person(called: who)
            let served = try await ChatHost.withServing(configuration, name: user) {
                try await $0.addBrowser(of: person.id)
            }
            let url = configuration.gateway.url
            let code: JoiningCode
            if let served {
                code = served
            } else {
                code = try await context.administering(configuration) {
                    try await $0.deciding { desk, store in
                        let actor = Sender.user(ofMachine: user)
                        let made = try await desk.addBrowser(
                            of: person.id, by: actor, as: .owner, in: store, at: WallClock.now())
                        return JoiningCode(made, at: url)
                    }
                }
            }
            guard !context.isJSON else { return try context.print(code.json) }
            try context.print(
                VisibleText.strictLine(
                    "\(code.code) signs another browser in as \(person.shownName). It expires at \(code.expiresAt)."))
            try context.print("Enter it on the web page, or open \(code.url) there.")
        } catch let error as PeopleError {
            throw CommandFailure(error.message.replacing("`", with: "'"))
        }
    }
}
