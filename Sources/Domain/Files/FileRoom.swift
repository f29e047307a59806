package import People
internal import Primitives

/// Room for a file that arrives; given back when it is released.
package final class FileRoom: Sendable {
    private let quota: FileQuota
    private let limits: PersonQuota
    private let session: String
    private let accounts: [FileQuota.Account]
    private let taken = Protected(0)

    init(quota: FileQuota, limits: PersonQuota, session: String, accounts: [FileQuota.Account]) {
        self.quota = quota
        self.limits = limits
        self.session = session
        self.accounts = accounts
    }

    deinit { self.quota.close(self.taken.withLock { $0 }, for: self.accounts) }

    /// Call it before each piece is written. Throws ``QuotaExceeded`` when the piece has no room.
    package func take(_ bytes: Int) throws(QuotaExceeded) {
        try self.quota.take(bytes, for: self.accounts, within: self.limits)
        self.taken.withLock { $0 += bytes }
    }

    /// The file is complete.
    package func keep() async throws {
        let bytes = self.taken.withLock { taken in
            defer { taken = 0 }
            return taken
        }
        try await self.quota.keep(bytes, in: self.session, for: self.accounts)
    }
}
