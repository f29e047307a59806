internal import Chat
internal import Host
internal import JSON
internal import Primitives

struct PairCommand: Command {
    let syntax = CommandSyntax(
        "pair", summary: "Create a pairing code that gives a person access",
        discussion: """
            The person enters it on the web page or sends "pair CODE" to the bot on a network. It works once and expires \
            after an hour. Without --role, it makes a member. The first owner pairs with --role owner, or with the code \
            that serve prints.
            """,
        options: [
            OptionSyntax(
                "role", .choice("ROLE", ["owner", "member", "guest"]), help: "The person's role; member by default.")
        ],
        examples: ["jetbridge pair", "jetbridge pair --role owner", "jetbridge pair --role guest --json"])

    /// Owners change access and approve commands, so nobody becomes one by a forgotten option.
    private static let standard = Role.member

    func run(_ context: CommandContext) async throws {
        let role = context.arguments.value("role").flatMap { Role(rawValue: $0) } ?? Self.standard
        let (code, expiresAt) = try await context.administering { try await $0.makeCode(for: role) }
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
}
