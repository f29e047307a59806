internal import Audit
internal import Host
internal import JSON
internal import Store

struct AuditExportCommand: Command {
    let syntax = CommandSyntax(
        "audit", "export", summary: "Print the audit as JSON lines, oldest first",
        discussion: """
            Each line is a row with its hash and that of the row before. The hash is SHA-256 over the previous hash and \
            the canonical JSON (RFC 8785) of the row without 'hash' and 'previous'. Works while a host serves.
            """,
        examples: ["jetbridge audit export > audit.jsonl"])

    func run(_ context: CommandContext) async throws {
        try await context.withStore { store, _ in
            try await AuditReader(store.database).export { row in try context.print(row.json) }
        }
    }
}

struct AuditVerifyCommand: Command {
    let syntax = CommandSyntax(
        "audit", "verify", summary: "Check that no audit row was changed, moved or removed",
        discussion: """
            Exits with 1 and one line that names the first row in disorder, also when the last rows are missing. Keep the \
            last row's hash elsewhere: together with the key, the whole audit could be replaced. Works while a host serves.
            """)

    func run(_ context: CommandContext) async throws {
        let verdict = try await context.withStore { store, configuration in
            try await AuditReader(store.database).verify(keyIn: configuration.dataDirectory)
        }
        if context.isJSON { try context.print(verdict.json) }
        if let problem = verdict.problem { throw CommandFailure(problem.message) }
        guard !context.isJSON else { return }
        let pruned = verdict.pruned > 0 ? "; retention removed the rows up to \(verdict.pruned)" : ""
        try context.print(
            verdict.rows == 0
                ? "The audit is empty."
                : "The audit is in order: \(verdict.rows) rows\(pruned); row \(verdict.last) has the hash \(verdict.hash)."
        )
    }
}
