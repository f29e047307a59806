internal import Copilot
internal import Gateway
internal import Sessions

/// What `readyz` looks at.
enum ReadinessParts {
    static func readiness(store: SessionStore, model: any ModelClient) -> Readiness {
        let modelCheck = CachedCheck(lifetime: .seconds(60)) { try await model.check() }
        return Readiness {
            var checks = Readiness.Checks()
            do { _ = try await store.read { ledger in try ledger.outboxPending() } } catch { checks.store = "\(error)" }
            checks.model = await modelCheck.result()
            return checks
        }
    }
}
