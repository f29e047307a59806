package import Database
internal import Primitives

/// The host's audit: appends rows and removes expired ones. ``AuditReader`` reads them.
package struct AuditLog: Sendable {
    /// For entries that are part of somebody else's transaction.
    package let chain: AuditChain
    let database: Database
    /// The data directory.
    let directory: String

    /// The maximum that one transaction removes.
    private static let batch = 500

    /// The name of the key's file in the data directory.
    package static let keyName = "audit.key"

    /// In a data directory that was restored from a backup without the key: when the backup was made. The next start makes
    /// a new key then.
    package static let restoredName = "audit.restored"

    /// Opens the audit in `database`; makes the key at the first use. Throws ``AuditError`` if the key is missing or
    /// damaged.
    ///
    /// - Parameter directory: The data directory, locked by the caller.
    package static func open(_ database: Database, keyIn directory: String) async throws -> AuditLog {
        AuditLog(
            chain: AuditChain(key: try await AuditKey.establish(in: directory, database)), database: database,
            directory: directory)
    }

    /// Throws what ``open(_:keyIn:)`` would throw, and changes nothing.
    package static func check(_ database: Database, keyIn directory: String) async throws {
        try await AuditKey.check(in: directory, database)
    }

    /// Stores an entry; it is durable when this returns. If this throws, for example because the disk is full, what the
    /// entry records must not happen.
    ///
    /// - Parameter at: Milliseconds since 1970.
    @discardableResult
    package func record(_ entry: AuditEntry, at: Int64) async throws -> AuditRow {
        let chain = self.chain
        return try await self.database.write { try chain.append(entry, at: at, in: $0) }
    }

    /// A key for another purpose, made from the audit's: each host has the same one, and it lasts as long.
    package func key(for purpose: String) -> [UInt8] { self.chain.key.derived(for: purpose) }

    package var reader: AuditReader { AuditReader(self.database) }

    /// Removes the rows from before `time` at the old end of the chain. What is left still verifies. Returns how many.
    package func prune(before time: Int64, at: Int64) async throws -> Int {
        let chain = self.chain
        var total = 0
        // Found once: rows go up to it, and new ones come after it.
        var kept: Int64?
        while true {
            try Task.checkCancellation()
            let known = kept
            let (count, found) = try await self.database.write { connection in
                let first = try known ?? chain.firstRow(since: time, in: connection)
                return (try chain.prune(before: first, at: at, limit: Self.batch, in: connection), first)
            }
            kept = found
            total += count
            if count < Self.batch { return total }
        }
    }
}

/// Writes the audit.
package protocol AuditRecorder: Sendable {
    /// Durable when it returns. Throws when the entry cannot be written: then what it announces must not happen.
    func record(_ entry: AuditEntry) async throws
}

extension AuditLog: AuditRecorder {
    package func record(_ entry: AuditEntry) async throws { try await self.record(entry, at: WallClock.now()) }
}
