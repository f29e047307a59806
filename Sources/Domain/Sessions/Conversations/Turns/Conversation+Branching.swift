internal import Chat
internal import Joining
internal import Store
internal import Threads

extension Conversation {
    /// Asks what an edited message says now, or the same again, in a branch beside what was answered before.
    func branch(_ stored: StoredMessage, replacing message: Int64, by text: String) async throws -> Submission? {
        guard let worker = self.context.workers[.chat] else {
            return try await self.reply(to: stored, with: TurnTexts.noWorker)
        }
        if let refusal = worker.refusal(of: text) {
            let sign = self.sign(of: stored.message.route)
            return try await self.reply(to: stored, with: sign.completing(refusal))
        }
        let key = self.key
        let found = try await self.context.store.read { ledger -> Result<ReplacedQuestion, BranchRefusal> in
            guard let session = try ledger.session(for: key) else { return .failure(.missing) }
            do {
                return .success(try ledger.replaceable(message, in: session.id, by: nil))
            } catch let refusal as BranchRefusal {
                return .failure(refusal)
            }
        }
        var question = Question(message: stored.message, kind: .chat, text: text)
        switch found {
        case .failure(let refusal): return try await self.reply(to: stored, with: refusal.text)
        case .success where !self.turns.isIdle: return try await self.reply(to: stored, with: BranchRefusal.busy.text)
        case .success(let replaced): question.replaces = replaced
        }
        return try await self.admit(question, event: stored.event, ahead: 0) { ledger, turn in
            try ledger.finishEvent(stored.number, turn: turn)
            return true
        }
    }
}
