internal import Database
internal import Gateway
internal import Glibc
internal import Jail
internal import Lifecycle
internal import Models
internal import Sessions

extension HostReadiness {
    /// The checks of `/readyz`.
    ///
    /// - Parameters:
    ///   - directory: Where the store is.
    ///   - jail: What was found at start.
    ///   - cluster: Nil for a host that is alone.
    static func checking(
        _ store: SessionStore, _ model: any ModelClient, in directory: String, jail: JailStatus? = nil,
        cluster: ClusterSetup? = nil
    ) -> HostReadiness {
        let modelCheck = CachedCheck(lifetime: .seconds(60)) { try await model.check() }
        let limit = Duration.seconds(2)
        let name = store.database.name
        let storeCheck = CachedCheck(
            lifetime: .seconds(5), within: limit, otherwise: "the store \(name) has not answered within 2 s"
        ) {
            if let doubt = store.database.doubt, doubt > limit {
                throw StoreProblem(
                    description: "a connection to the store \(name) was lost in a commit \(doubt.components.seconds) s "
                        + "ago, and the server has not said yet whether it was stored")
            }
            // Reading works on a full or failing disk, so this writes.
            try await store.write { ledger in try ledger.probe() }
        }
        return HostReadiness {
            var checks = Checks()
            // The write-ahead log may have room for a small write when nothing larger fits.
            if let problem = DiskSpace.problem(at: directory) {
                checks.store = problem
            } else {
                checks.store = await storeCheck.result()
            }
            checks.model = await modelCheck.result()
            checks.jail = jail?.problem
            checks.cluster = cluster?.readiness
            return checks
        }
    }
}

private struct StoreProblem: Error, CustomStringConvertible {
    let description: String
}

/// The free space of a file system.
enum DiskSpace {
    /// In bytes. With less, a burst of messages or the database's next checkpoint fails.
    static let least: UInt64 = 2 << 20

    /// One line if less than ``least`` is free. Nil if there is enough, and if the space is unknown.
    static func problem(at path: String) -> String? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        // The reserve of a file system is for root only.
        let blocks = geteuid() == 0 ? status.f_bfree : status.f_bavail
        let free = UInt64(blocks) * UInt64(status.f_frsize)
        guard free < Self.least else { return nil }
        return "the disk is full (\(free / 1024) KB free): free some space"
    }
}
