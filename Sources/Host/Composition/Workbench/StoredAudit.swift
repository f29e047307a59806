internal import Audit
internal import Primitives
internal import Workbench

/// Writes the workbench's entries into the audit.
struct StoredAudit: AuditRecorder {
    let log: AuditLog

    func record(_ entry: AuditEntry) async throws { try await self.log.record(entry, at: WallClock.now()) }
}
