internal import Chat
internal import Host
internal import JSON
internal import Primitives
internal import Sessions

struct PairCommand: Command {
    let syntax = CommandSyntax(
        "pair", summary: "Create a pairing code that gives a person access",
        discussion: """
            The person enters it on the web page or sends "pair CODE" to the bot on a network. It works once and expires \
            after an hour. The first owner pairs this way.
            """,
        options: [
            OptionSyntax(
                "role", .choice("ROLE", ["owner", "member", "guest"]), help: "The person's role; owner by default."
            )
        ],
        examples: ["jetbridge pair", "jetbridge pair --role member --json"])

    func run(_ context: CommandContext) async throws {
        let role = context.arguments.value("role").flatMap { Role(rawValue: $0) } ?? .owner
        let (code, expiresAt) = try await context.administering { try await $0.makeCode(for: role) }
        let expiry = CivilTime(milliseconds: expiresAt).rfc3339Seconds
        guard !context.isJSON else {
            return try context.print([
                "code": .string(code), "role": .string(role.rawValue), "expires_at": .string(expiry),
            ])
        }
        try context.print(
            "\(code) makes one person \(role == .owner ? "an" : "a") \(role.rawValue). It expires at \(expiry).")
        try context.print(
            "Send 'pair \(code)' to the bot in a direct message (!pair on IRC), or enter the code on the web page.")
    }
}
