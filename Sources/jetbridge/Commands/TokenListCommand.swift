internal import Host
internal import JSON
internal import Sessions

struct TokenListCommand: Command {
    let syntax = CommandSyntax(
        "token", "list", summary: "List the tokens, without their text")

    func run(_ context: CommandContext) async throws {
        let credentials = try await context.administering { try await $0.credentials() }
        guard !context.isJSON else {
            return try context.print(.array(credentials.map(Self.json)))
        }
        if credentials.isEmpty { try context.errors.writeLine("There are no tokens and nobody is signed in.") }
        let rows = credentials.map { credential in
            [
                credential.id, credential.kind == .token ? "token" : "browser", credential.name,
                credential.scopes.joined(separator: ","), "made \(ISOTime.text(of: credential.createdAt))",
                credential.usedAt.map { "used \(ISOTime.text(of: $0))" } ?? "never used",
            ]
        }
        for line in TextTable.lines(rows) { try context.print(line) }
    }

    private static func json(_ credential: CredentialRecord) -> JSON {
        [
            "id": .string(credential.id), "kind": .string(credential.kind == .token ? "token" : "browser"),
            "name": .string(credential.name), "scopes": .array(credential.scopes.map { .string($0) }),
            "role": .string(credential.role.rawValue), "created_at": .string(ISOTime.text(of: credential.createdAt)),
            "used_at": credential.usedAt.map { .string(ISOTime.text(of: $0)) } ?? .null,
            "expires_at": credential.expiresAt.map { .string(ISOTime.text(of: $0)) } ?? .null,
        ]
    }
}
