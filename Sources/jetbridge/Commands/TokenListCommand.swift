internal import Chat
internal import Host
internal import JSON
internal import Primitives
internal import Sessions

struct TokenListCommand: Command {
    let syntax = CommandSyntax(
        "token", "list", summary: "List tokens and browser sign-ins, without secrets")

    func run(_ context: CommandContext) async throws {
        let credentials = try await context.administering { try await $0.credentials() }
        guard !context.isJSON else {
            return try context.print(.array(credentials.map(Self.json)))
        }
        if credentials.isEmpty { try context.errors.writeLine("There are no tokens or browser sign-ins.") }
        let now = WallClock.now()
        let rows = credentials.map { credential -> [String] in
            let limits = credential.limits(at: now)
            return [
                credential.id, credential.kind == .token ? "token" : "browser", credential.name,
                credential.scopes.joined(separator: ","),
                "created \(CivilTime(milliseconds: credential.createdAt).rfc3339Seconds)",
                credential.usedAt.map { "used \(CivilTime(milliseconds: $0).rfc3339Seconds)" } ?? "never used",
            ] + (limits.isEmpty ? [] : [limits])
        }
        for line in TextTable.lines(rows) { try context.print(line) }
    }

    private static func json(_ credential: CredentialRecord) -> JSON {
        let document: JSONObject = [
            "id": .string(credential.id), "kind": .string(credential.kind == .token ? "token" : "browser"),
            "name": .string(credential.name), "scopes": .array(credential.scopes.map { .string($0) }),
            "role": .string(credential.role.rawValue),
            "created_at": .string(CivilTime(milliseconds: credential.createdAt).rfc3339Seconds),
            "used_at": credential.usedAt.map { .string(CivilTime(milliseconds: $0).rfc3339Seconds) } ?? .null,
        ]
        return .object(document.adding(limitsOf: credential))
    }
}
