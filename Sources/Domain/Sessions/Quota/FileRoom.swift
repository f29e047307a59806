internal import Primitives

/// Room for a file that arrives; given back when it is released.
package final class FileRoom: Sendable {
    private let quota: FileQuota
    private let limits: PersonQuota
    private let session: String
    private let owner: String
    /// Nil for a file that does not count for the day.
    private let day: Int64?
    private let taken = Protected(0)

    init(quota: FileQuota, limits: PersonQuota, session: String, owner: String, day: Int64?) {
        self.quota = quota
        self.limits = limits
        self.session = session
        self.owner = owner
        self.day = day
    }

    deinit { self.quota.close(self.taken.withLock { $0 }, of: self.owner) }

    /// Call it before each piece is written. Throws ``QuotaExceeded`` when the piece has no room.
    package func take(_ bytes: Int) throws(QuotaExceeded) {
        try self.quota.take(bytes, of: self.owner, isUpload: self.day != nil, within: self.limits)
        self.taken.withLock { $0 += bytes }
    }

    /// The file is complete.
    package func keep() async throws {
        let bytes = self.taken.withLock { taken in
            defer { taken = 0 }
            return taken
        }
        try await self.quota.keep(bytes, in: self.session, of: self.owner, day: self.day)
    }
}
