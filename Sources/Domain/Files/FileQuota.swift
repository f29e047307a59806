package import Chat
package import People
internal import Primitives
package import Store

/// Admits people's files within ``PersonQuota``. What is still arriving counts, so that parallel files do not exceed it.
package final class FileQuota: Sendable {
    /// What a number of bytes counts for.
    enum Account: Hashable {
        /// The files in the threads that a person has begun.
        case storage(of: String)
        /// The files that a person sends on a day, counted from 1970.
        case uploads(of: String, day: Int64)
    }

    /// An account with files that arrive.
    private struct Tally {
        var rooms = 0
        var arriving = 0
        /// Of files that were kept since the first of them began.
        var kept = 0
        /// As it is stored; nil until that is read.
        var stored: Int?
    }

    private let store: SessionStore
    private let limits: PersonQuota
    private let files: (any FileStore)?
    private let now: @Sendable () -> Int64
    private let tallies = Protected<[Account: Tally]>([:])

    package init(
        store: SessionStore, limits: PersonQuota, files: (any FileStore)?, now: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.limits = limits
        self.files = files
        self.now = now
    }

    /// Reserves quota for a file of a session. Throws ``QuotaExceeded`` if none is left.
    ///
    /// - Parameters:
    ///   - owner: Who began the session; the space counts for this person.
    ///   - sender: Who sends the file, whose day it counts for; nil for one that the host makes.
    ///   - role: Of whoever sends it, or wants it.
    package func room(
        in session: String, of owner: String, from sender: String?, as role: Role?
    ) async throws -> FileRoom {
        let accounts =
            [Account.storage(of: owner)]
            + (sender.map { [Account.uploads(of: $0, day: self.now() / 86_400_000)] } ?? [])
        // Before they are read: what others keep from now on is added to what is read.
        self.tallies.withLock { tallies in for account in accounts { tallies[account, default: Tally()].rooms += 1 } }
        let room = FileRoom(quota: self, limits: self.limits.limits(for: role), session: session, accounts: accounts)
        let stored = try await self.store.read { ledger in
            try accounts.map { account in
                switch account {
                case .storage(let owner): try ledger.storage(of: owner).bytes
                case .uploads(let sender, let day): try ledger.uploads(of: sender, on: day)
                }
            }
        }
        self.tallies.withLock { tallies in
            // No file of an account is kept before one of its rooms has read it.
            for (account, bytes) in zip(accounts, stored) where tallies[account]?.stored == nil {
                tallies[account]?.stored = bytes
            }
        }
        try room.take(0)
        return room
    }

    /// Stores the size of a session's files after a change.
    package func measure(_ session: String) async {
        guard let size = try? await self.files?.size(of: session) else { return }
        // The janitor measures again.
        try? await self.store.write(ofSession: session) { ledger in try ledger.setFiles(size, of: session) }
    }

    func take(_ bytes: Int, for accounts: [Account], within limits: PersonQuota) throws(QuotaExceeded) {
        try self.tallies.withLock { tallies throws(QuotaExceeded) in
            for account in accounts {
                guard let tally = tallies[account] else { continue }
                let needed = (tally.stored ?? 0) + tally.kept + tally.arriving + max(1, bytes)
                switch account {
                case .storage: guard needed <= limits.stored else { throw .stored(limits.stored) }
                case .uploads: guard needed <= limits.uploadsPerDay else { throw .uploads(limits.uploadsPerDay) }
                }
            }
            for account in accounts { tallies[account]?.arriving += bytes }
        }
    }

    func keep(_ bytes: Int, in session: String, for accounts: [Account]) async throws {
        self.tallies.withLock { tallies in
            for account in accounts {
                tallies[account]?.arriving -= bytes
                tallies[account]?.kept += bytes
            }
        }
        // The janitor measures again.
        let size = try? await self.files?.size(of: session)
        try await self.store.write(ofSession: session) { ledger in
            if let size { try ledger.setFiles(size, of: session) }
            for case .uploads(let sender, let day) in accounts { try ledger.addUpload(bytes, of: sender, on: day) }
        }
    }

    func close(_ bytes: Int, for accounts: [Account]) {
        self.tallies.withLock { tallies in
            for account in accounts {
                guard var tally = tallies[account] else { continue }
                tally.rooms -= 1
                tally.arriving -= bytes
                tallies[account] = tally.rooms == 0 ? nil : tally
            }
        }
    }
}
