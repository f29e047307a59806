internal import Host
internal import JSON

struct TokenRevokeCommand: Command {
    let syntax = CommandSyntax(
        "token", "revoke", summary: "Revoke a token or a browser sign-in",
        positionals: [PositionalSyntax("id", .text("ID"), help: "The id shown by 'token list'.")])

    func run(_ context: CommandContext) async throws {
        let id = context.arguments.word("id") ?? ""
        guard try await context.administering({ try await $0.revoke(id) }) else {
            throw CommandFailure("there is no token '\(id)'. 'jetbridge token list' lists them.")
        }
        if context.isJSON {
            try context.print(["id": .string(id), "revoked": true])
        } else {
            try context.print("Revoked \(id).")
        }
    }
}
