internal import Host
internal import JSON

struct TokenRevokeCommand: Command {
    let syntax = CommandSyntax(
        "token", "revoke", summary: "End a token at once",
        positionals: [PositionalSyntax("id", .text("ID"), help: "As 'token list' prints it.")])

    func run(_ context: CommandContext) async throws {
        let id = context.arguments.word("id") ?? ""
        guard try await context.administering({ try await $0.revoke(id) }) else {
            throw CommandFailure("there is no token '\(id)'. 'jetbridge token list' lists them.")
        }
        if context.isJSON {
            try context.print(["id": .string(id), "revoked": true])
        } else {
            try context.print("\(id) is ended.")
        }
    }
}
