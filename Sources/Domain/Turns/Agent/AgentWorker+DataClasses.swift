internal import Audit
internal import Chat
internal import JSON
internal import Repositories

extension AgentWorker {
    /// Throws ``TurnFailure`` if the class of another repository's data keeps it from the turn's thread, after the audit has
    /// it.
    func checkEntry(of repository: String, into request: TurnRequest) async throws {
        guard let origin = self.classes.origin(of: repository),
            !self.classes.mayEnter([origin], threadOf: request.repository)
        else { return }
        let own = request.repository ?? self.repositories.defaultName
        try await self.audit.record(
            .dataRefused([origin], to: ["thread_repository": own.map { .string($0) } ?? .null], for: request))
        throw TurnFailure(
            "\(repository)'s data is of class \(origin.name), which stays in its own threads: choose it with "
                + "`repo \(repository)` in another thread, and ask there.")
    }
}
