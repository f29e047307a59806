internal import Host
internal import JSON
internal import Sessions

struct TokenCreateCommand: Command {
    let syntax = CommandSyntax(
        "token", "create", summary: "Make a token for the API",
        discussion:
            "It is printed once, and kept as a hash only. Scopes: chat (threads and messages), read, admin, proxy.",
        options: [
            OptionSyntax(
                "scope", .text("SCOPE[,…]"), help: "What it allows: chat, read, admin, proxy, with commas between."),
            OptionSyntax("name", .text("NAME"), help: "What it is for, to know it again in the list."),
        ],
        examples: ["jetbridge token create --scope read", "jetbridge token create --scope chat,read --json"])

    func run(_ context: CommandContext) async throws {
        let scopes = (context.arguments.value("scope") ?? "").split(separator: ",").map(String.init)
        let name = context.arguments.value("name") ?? "token"
        let (credential, token) = try await context.administering {
            try await $0.createToken(name: name, scopes: scopes)
        }
        guard !context.isJSON else {
            return try context.print([
                "id": .string(credential.id), "token": .string(token),
                "scopes": .array(credential.scopes.map { .string($0) }),
            ])
        }
        try context.print(token)
        try context.errors.writeLine(
            "This is the only time that it is shown. 'jetbridge token revoke \(credential.id)' ends it.")
    }
}
