internal import Host
internal import JSON
internal import Sessions

struct PairCommand: Command {
    let syntax = CommandSyntax(
        "pair", summary: "Make a code that lets a person in",
        discussion: """
            The person types it into the web page, or sends "pair CODE" to the bot on a network. It works once, for an \
            hour. This is how the first owner is made.
            """,
        options: [
            OptionSyntax(
                "role", .choice("ROLE", ["owner", "member", "guest"]), help: "What the person may do; owner by default."
            )
        ],
        examples: ["jetbridge pair", "jetbridge pair --role member --json"])

    func run(_ context: CommandContext) async throws {
        let role = context.arguments.value("role").flatMap { Role(rawValue: $0) } ?? .owner
        let (code, expiresAt) = try await context.administering { try await $0.makeCode(for: role) }
        let expiry = ISOTime.text(of: expiresAt)
        guard !context.isJSON else {
            return try context.print([
                "code": .string(code), "role": .string(role.rawValue), "expires_at": .string(expiry),
            ])
        }
        try context.print("\(code) makes one person \(role == .owner ? "an" : "a") \(role.rawValue), until \(expiry).")
        try context.print(
            "Send 'pair \(code)' to the bot in a direct message (!pair on IRC), or enter it in the web page.")
    }
}
