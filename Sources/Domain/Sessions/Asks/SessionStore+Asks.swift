package import Audit

extension SessionStore {
    /// Answers an ask while no host runs; its next start shows the outcome and goes on. `now` is in milliseconds since
    /// 1970.
    package func answer(
        _ answer: AskAnswer, at now: Int64, audit: @escaping @Sendable (Ledger, AuditEntry) throws -> Void
    ) async throws -> AskResult {
        let desk = AskDesk(adapters: nil, audit: audit)
        return try await self.write { ledger in try desk.decide(answer, in: ledger, at: now).result }
    }
}
