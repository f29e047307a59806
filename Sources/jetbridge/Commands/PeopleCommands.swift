internal import Chat
internal import Host
internal import JSON
internal import Lifecycle
internal import People
internal import Primitives
internal import Store

struct PeopleListCommand: Command {
    let syntax = CommandSyntax(
        "people", "list", summary: "List everybody with access, browsers and tokens included",
        discussion: "Columns: ID, name, role, how they got access, when they were last seen, and the identity.")

    func run(_ context: CommandContext) async throws {
        let listing = try await context.withStore { try await $1.people(in: $0) }
        guard !context.isJSON else { return try context.print(.array(listing.people.map { .object($0.json) })) }
        if listing.people.isEmpty {
            try context.errors.writeLine("Nobody has access. 'jetbridge pair --role owner' makes a code for an owner.")
        }
        let rows = listing.people.map { person in
            [
                person.id, person.shownName, person.role.rawValue, PeopleTexts.way(of: person),
                person.lastSeen.map { CivilTime(milliseconds: $0).rfc3339Seconds } ?? "not seen", person.identity,
            ].map { VisibleText.strictLine($0) }
        }
        for line in TextTable.lines(rows) { try context.print(line) }
        for invite in listing.invites { try context.print("open invite: \(PeopleTexts.line(invite))") }
        for identity in listing.removed { try context.print(VisibleText.strictLine("removed: \(identity)")) }
    }
}

struct PeopleSetCommand: Command {
    let syntax = CommandSyntax(
        "people", "set", summary: "Give somebody another role, or access again after a removal",
        discussion: "The role counts in place of the one in the configuration's lists.",
        positionals: [
            .who, PositionalSyntax("role", .choice("ROLE", Role.allCases.map(\.rawValue)), help: "The new role."),
        ], examples: ["jetbridge people set irc:local/account:bob guest"])

    func run(_ context: CommandContext) async throws {
        let role = context.arguments.word("role").flatMap(Role.init(rawValue:)) ?? .guest
        try await AccessDecision(role: role).send(context)
    }
}

struct PeopleRemoveCommand: Command {
    let syntax = CommandSyntax(
        "people", "remove", summary: "Take away somebody's access at once",
        discussion: "They stay out whatever else would admit them, until they get a role or a code again.",
        positionals: [.who], examples: ["jetbridge people remove p_5d41402abc4b2a76"])

    func run(_ context: CommandContext) async throws { try await AccessDecision(role: nil).send(context) }
}

extension PositionalSyntax {
    fileprivate static let who = PositionalSyntax(
        "who", .text("WHO"), help: "An ID or identity as 'people list' prints it, or an account's name.")
}

/// A change of somebody's access, made by the host that serves the data directory or, if none does, in its store.
private struct AccessDecision {
    /// Nil to remove them.
    let role: Role?

    func send(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        let who = context.arguments.word("who") ?? ""
        let user = context.user
        do {
            let listing = try await context.withStore(configuration) { try await $1.people(in: $0) }
            let id = try listing.id(of: who)
            let done: Void? = try await ChatHost.withServing(configuration, name: user) {
                try await $0.change(id, to: self.role?.rawValue)
            }
            if done == nil {
                try await context.withStore(configuration) { store, configuration in
                    let desk = try await configuration.peopleDesk(in: store)
                    let actor = Sender.user(ofMachine: user)
                    _ = try await desk.change(id, to: self.role, by: actor, in: store, at: WallClock.now())
                }
            }
            try self.report(id, listing, in: context)
        } catch let error as PeopleError {
            throw CommandFailure(error.message.replacing("`", with: "'"))
        }
    }

    private func report(_ id: String, _ listing: PeopleDesk.Listing, in context: CommandContext) throws {
        let role: JSON = self.role.map { .string($0.rawValue) } ?? .null
        guard !context.isJSON else { return try context.print(["id": .string(id), "role": role]) }
        let name =
            listing.people.first { $0.id == id }?.shownName ?? listing.removed.first { Person.id(of: $0) == id } ?? id
        let text = self.role.map { "\(name) is now \($0 == .owner ? "an" : "a") \($0.rawValue)." }
        try context.print(VisibleText.strictLine(text ?? "\(name) has no access any more."))
    }
}
