internal import Database
internal import Lifecycle
internal import Primitives

/// Makes sure that only one host serves a PostgreSQL database: two would answer everything twice. For a file, the lock of
/// the data directory does that.
///
/// It is an advisory lock of the session that writes without a key, and ends with the session. So it is looked after every
/// few seconds, and a host that finds another one in its place ends.
package final class StoreClaim: Service {
    package let name = "store claim"
    private let store: SessionStore
    private let stopped = Signal()
    private let isStopping = Protected(false)

    /// Any number that nothing else locks.
    private static let key: Int64 = 701_730_442
    private static let interval = Duration.seconds(5)
    /// How long the session of a host that was killed may last.
    private static let patience = Duration.seconds(3)

    /// Nil for a file.
    package init?(_ store: SessionStore) {
        guard store.database.dialect == .postgreSQL else { return nil }
        self.store = store
    }

    /// Throws a `HostError` if another host serves the database.
    package func take() async throws {
        let isShared = try await self.store.read { ledger in
            try ledger.connection.first(
                """
                SELECT 1 FROM hosts WHERE state <> 'gone' AND
                expires_at > CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)
                """, []) != nil
        }
        if isShared {
            throw HostError(
                "hosts of a cluster serve the database \(self.store.database.name): give this host a section 'cluster' too, "
                    + "or stop them")
        }
        let deadline = ContinuousClock.now + Self.patience
        while try await !self.isOwn() {
            guard ContinuousClock.now < deadline else { throw self.taken }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Throws a `HostError` if a host that is alone serves the database of a cluster.
    package static func checkFree(_ store: SessionStore) async throws {
        let isTaken = try await store.read { ledger in
            try ledger.connection.first(
                """
                SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = \(Self.key)
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """, []) != nil
        }
        guard isTaken else { return }
        throw HostError(
            "a host without a section 'cluster' serves the database \(store.database.name): stop it, and give it one")
    }

    package func run() async throws {
        while true {
            await withDeadline(Self.interval) { await self.stopped.wait() }
            if self.isStopping.withLock({ $0 }) { return }
            try Task.checkCancellation()
            do {
                guard try await self.isOwn() else { throw self.taken }
            } catch is DatabaseError {
                // Without an answer nobody else has it either.
            }
        }
    }

    package func stop() async {
        self.isStopping.withLock { $0 = true }
        self.stopped.signal()
    }

    private func isOwn() async throws -> Bool {
        try await self.store.write { ledger in
            let row = try ledger.connection.first(
                """
                SELECT CASE WHEN EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 0
                    AND objid = \(Self.key) AND pid = pg_backend_pid() AND database =
                    (SELECT oid FROM pg_database WHERE datname = current_database()))
                THEN true ELSE pg_try_advisory_lock(\(Self.key)) END AS own
                """, [])
            return try row?.bool("own") ?? false
        }
    }

    private var taken: HostError {
        HostError(
            "another host serves the database \(self.store.database.name), and only one may at a time: stop it, or name "
                + "another database in store.url")
    }
}
