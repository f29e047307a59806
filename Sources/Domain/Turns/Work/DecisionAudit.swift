package import Audit
internal import Primitives
package import Store

/// Appends decisions of people to the audit, in the transaction that makes them.
package enum DecisionAudit {
    package static func appending(to chain: AuditChain) -> @Sendable (Ledger, AuditEntry) throws -> Void {
        { ledger, entry in _ = try chain.append(entry, at: WallClock.now(), in: ledger.connection) }
    }
}
