internal import Primitives

/// Writes the audit.
package protocol AuditRecorder: Sendable {
    /// Durable when it returns. Throws when the entry cannot be written: then what it announces must not happen.
    func record(_ entry: AuditEntry) async throws
}

extension AuditLog: AuditRecorder {
    package func record(_ entry: AuditEntry) async throws { try await self.record(entry, at: WallClock.now()) }
}
