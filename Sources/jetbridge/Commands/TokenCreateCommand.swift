internal import Host
internal import JSON
internal import Sessions

struct TokenCreateCommand: Command {
    let syntax = CommandSyntax(
        "token", "create", summary: "Create an API token",
        discussion: """
            The token is printed once and stored only as a hash. Scopes: chat (threads and messages), read (everything, \
            without changes), admin (everything), proxy ('jetbridge proxy').
            """,
        options: [
            OptionSyntax(
                "scope", .list("SCOPE[,…]", Administration.scopes), isRequired: true,
                help: "What the token may do: \(Administration.scopes.joined(separator: ", ")), or some of these."),
            OptionSyntax("name", .text("NAME"), help: "A name shown by 'token list'."),
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
            "The token is shown only once. 'jetbridge token revoke \(credential.id)' revokes it.")
    }
}
