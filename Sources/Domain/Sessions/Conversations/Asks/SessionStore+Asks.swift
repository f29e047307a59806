package import Audit
internal import Chat
internal import Delivery
package import Store
package import Threads

extension SessionStore {
    /// Answers an ask while no host runs; its next start shows the outcome and continues. `now` is in milliseconds since
    /// 1970.
    package func answer(
        _ answer: AskAnswer, at now: Int64, audit: @escaping @Sendable (Ledger, AuditEntry) throws -> Void
    ) async throws -> AskResult {
        let desk = AskDesk(adapters: nil, audit: audit)
        return try await self.write { ledger in
            let ask = try ledger.ask(id: answer.ask)
            let result = try desk.decide(answer, in: ledger, at: now).result
            guard case .decided(let decided) = result, let ask, let session = try ledger.session(id: ask.session),
                let question = Question(
                    ask, answer, answer.message(in: session.key, at: decided.route, now),
                    of: try ledger.turn(id: ask.turn))
            else { return result }
            // The next start runs it.
            _ = try AdmissionWriting(
                question: question, key: session.key, turn: Identifier.make("op"), isFirst: false, note: nil,
                noteMessages: [], adapters: AdapterRegistry([]), at: now
            ).write(to: ledger)
            return result
        }
    }
}
