package import Audit
internal import Primitives
internal import Work

/// Writes the workbench's entries into the audit.
package struct StoredAudit: AuditRecorder {
    let log: AuditLog

    package init(log: AuditLog) { self.log = log }

    package func record(_ entry: AuditEntry) async throws { try await self.log.record(entry, at: WallClock.now()) }
}
