internal import Gateway
internal import Jail
internal import Models
internal import Sessions

extension HostReadiness {
    /// The checks of `/readyz`.
    ///
    /// - Parameters:
    ///   - directory: Where the store is.
    ///   - jail: What was found at start.
    static func checking(
        _ store: SessionStore, _ model: any ModelClient, in directory: String, jail: JailStatus? = nil
    ) -> HostReadiness {
        let modelCheck = CachedCheck(lifetime: .seconds(60)) { try await model.check() }
        // Reading works on a full or failing disk, so this writes.
        let storeCheck = CachedCheck(lifetime: .seconds(5)) { try await store.write { ledger in try ledger.probe() } }
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
            return checks
        }
    }
}
