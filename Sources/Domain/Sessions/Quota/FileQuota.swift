package import Chat
internal import Primitives

/// Admits people's files within ``PersonQuota``. What is still arriving counts, so that parallel files do not exceed it.
package final class FileQuota: Sendable {
    /// A person with files that arrive.
    private struct Account {
        var rooms = 0
        var arriving = 0
        /// Bytes that were stored when the first of them began, and since.
        var stored: Int
        var today: Int
    }

    private let store: SessionStore
    private let limits: PersonQuota
    private let files: (any FileStore)?
    private let now: @Sendable () -> Int64
    private let accounts = Protected<[String: Account]>([:])

    init(store: SessionStore, limits: PersonQuota, files: (any FileStore)?, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.limits = limits
        self.files = files
        self.now = now
    }

    /// Reserves quota for a file of a session. Throws ``QuotaExceeded`` if none is left.
    ///
    /// - Parameters:
    ///   - owner: Who began the session, and pays.
    ///   - role: Of whoever sends it.
    ///   - isUpload: Whether it counts for the day; a copy of a file that has already counted does not.
    package func room(
        in session: String, of owner: String, from role: Role?, isUpload: Bool
    ) async throws -> FileRoom {
        let day = self.now() / 86_400_000
        let (used, today) = try await self.store.read { ledger in
            (try ledger.storage(of: owner).bytes, try ledger.uploads(of: owner, on: day))
        }
        self.accounts.withLock { accounts in
            accounts[owner, default: Account(stored: used, today: today)].rooms += 1
        }
        let room = FileRoom(
            quota: self, limits: self.limits.limits(for: role), session: session, owner: owner,
            day: isUpload ? day : nil)
        try room.take(0)
        return room
    }

    /// Stores the size of a session's files after a change.
    package func measure(_ session: String) async {
        guard let size = try? await self.files?.size(of: session) else { return }
        // The janitor measures again.
        try? await self.store.write(ofSession: session) { ledger in try ledger.setFiles(size, of: session) }
    }

    func take(
        _ bytes: Int, of owner: String, isUpload: Bool, within limits: PersonQuota
    ) throws(QuotaExceeded) {
        try self.accounts.withLock { accounts throws(QuotaExceeded) in
            guard var account = accounts[owner] else { return }
            let arriving = account.arriving + max(1, bytes)
            guard account.stored + arriving <= limits.stored else { throw .stored(limits.stored) }
            guard !isUpload || account.today + arriving <= limits.uploadsPerDay else {
                throw .uploads(limits.uploadsPerDay)
            }
            account.arriving += bytes
            accounts[owner] = account
        }
    }

    func keep(_ bytes: Int, in session: String, of owner: String, day: Int64?) async throws {
        self.accounts.withLock { accounts in
            accounts[owner]?.arriving -= bytes
            accounts[owner]?.stored += bytes
            if day != nil { accounts[owner]?.today += bytes }
        }
        // The janitor measures again.
        let size = try? await self.files?.size(of: session)
        try await self.store.write(ofSession: session) { ledger in
            if let size { try ledger.setFiles(size, of: session) }
            if let day { try ledger.addUpload(bytes, of: owner, on: day) }
        }
    }

    func close(_ bytes: Int, of owner: String) {
        self.accounts.withLock { accounts in
            guard var account = accounts[owner] else { return }
            account.rooms -= 1
            account.arriving -= bytes
            accounts[owner] = account.rooms == 0 ? nil : account
        }
    }
}
