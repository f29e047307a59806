internal import Database
internal import Gateway
internal import Jail
internal import Lifecycle
internal import Models
internal import Objects
internal import Store

extension HostReadiness {
    /// The checks of `/readyz`.
    ///
    /// - Parameters:
    ///   - directory: Where the store is.
    ///   - jail: What was found, nil until that is known. Without this, there are no commands.
    ///   - objects: Nil if they are in the data directory only.
    ///   - cluster: Nil for a host that is alone.
    static func checking(
        _ store: SessionStore, _ model: any ModelClient, in directory: String,
        jail: (@Sendable () -> JailStatus?)? = nil,
        objects: (any ObjectStore)? = nil, cluster: ClusterSetup? = nil
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
            try await store.probe()
        }
        let objectsCheck = objects.map { objects in
            CachedCheck(
                lifetime: .seconds(60), within: limit, otherwise: "\(objects.name) has not answered within 2 s"
            ) { _ = try await objects.facts(of: "probe/ready") }
        }
        return HostReadiness {
            var checks = Checks()
            // The write-ahead log may have room for a small write when nothing larger fits.
            let shortage = DiskState.shortage(at: directory)
            checks.store = if let shortage { shortage } else { await storeCheck.result() }
            checks.model = await modelCheck.result()
            if let jail {
                let status = jail()
                checks.isStarting = status == nil
                checks.jail = status.map(\.problem) ?? "being tried"
            }
            if let objectsCheck { checks.objects = Checks.Objects(problem: await objectsCheck.result()) }
            checks.cluster = cluster?.readiness
            return checks
        }
    }
}

private struct StoreProblem: Error, CustomStringConvertible {
    let description: String
}
