internal import Gateway
internal import Host
internal import JSON

struct OpenAPICommand: Command {
    let actsAsOwner = false
    let syntax = CommandSyntax(
        "openapi", summary: "Print the OpenAPI document of the HTTP API",
        discussion: """
            The document that a host with this configuration serves as GET /api/v1/openapi.json. Needs no running host.
            """,
        options: [
            OptionSyntax("typescript", help: "Print the types of its bodies and answers for TypeScript instead."),
            OptionSyntax("markdown", help: "Print docs/api-reference.md instead."),
        ],
        examples: ["jetbridge openapi > openapi.json", "jetbridge openapi --typescript > types.ts"])

    func run(_ context: CommandContext) async throws {
        if context.arguments.has("typescript") {
            return try context.output.write(APITable.typeScript)
        }
        if context.arguments.has("markdown") { return try context.output.write(APIReference.markdown) }
        let publicURL = try context.loadConfiguration().gateway.url
        try context.print(
            APITable.document(
                publicURL: publicURL, version: Release.version, isSecure: publicURL.hasPrefix("https://")))
    }
}
