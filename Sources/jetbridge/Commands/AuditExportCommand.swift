internal import Audit
internal import Host
internal import JSON

struct AuditExportCommand: Command {
    let syntax = CommandSyntax(
        "audit", "export", summary: "Print the audit as JSON lines, oldest first",
        discussion: """
            Each line is a row with its hash and that of the row before. The hash is SHA-256 over the previous hash and \
            the canonical JSON (RFC 8785) of the row without 'hash' and 'previous'. Works while a host serves.
            """,
        examples: ["jetbridge audit export > audit.jsonl"])

    func run(_ context: CommandContext) async throws {
        try await context.administering { administration in
            try await administration.audit.export { row in try context.print(row.json) }
        }
    }
}
