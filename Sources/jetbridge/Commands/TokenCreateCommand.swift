internal import Host
internal import JSON
internal import Primitives
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
            OptionSyntax(
                "expires", .text("DURATION|TIME"),
                help: "When it expires: in 12h or 30d, or at 2027-01-31T12:00:00Z; by default never."),
            OptionSyntax(
                "models", .text("MODEL[,…]"), help: "With scope proxy: the only models that it may use."),
            OptionSyntax(
                "tokens-per-day", .text("N"),
                help: "With scope proxy: how many tokens it may use a day (UTC), in and out together."),
        ],
        examples: [
            "jetbridge token create --scope read", "jetbridge token create --scope chat,read --json",
            "jetbridge token create --scope proxy --expires 30d --models gpt-4.1",
        ])

    func run(_ context: CommandContext) async throws {
        let arguments = context.arguments
        let scopes = (arguments.value("scope") ?? "").split(separator: ",").map(String.init)
        let limits: TokenLimits
        do throws(TokenLimits.Invalid) {
            limits = try TokenLimits(
                expires: arguments.value("expires"), models: arguments.value("models"),
                tokensPerDay: arguments.value("tokens-per-day"), scopes: scopes, at: WallClock.now())
        } catch {
            throw UsageError(message: error.message, path: context.path)
        }
        let (credential, token) = try await context.administering {
            try await $0.createToken(name: arguments.value("name") ?? "token", scopes: scopes, limits: limits)
        }
        guard !context.isJSON else {
            let document: JSONObject = [
                "id": .string(credential.id), "token": .string(token),
                "scopes": .array(credential.scopes.map { .string($0) }),
            ]
            return try context.print(.object(document.adding(limitsOf: credential)))
        }
        try context.print(token)
        try context.errors.writeLine(
            "The token is shown only once. 'jetbridge token revoke \(credential.id)' revokes it.")
    }
}
