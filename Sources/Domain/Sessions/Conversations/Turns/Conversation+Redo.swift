internal import Chat
internal import Delivery
internal import Joining
internal import Store
internal import Surroundings
internal import Threads

/// Questions that are edited after their answers began, and asked again.
extension Conversation {
    /// Takes an edit into the history, and offers to ask again while the answer is new.
    func rewrite(_ edit: MessageEdit, _ stored: StoredChange) async throws -> Submission? {
        let sign = self.context.adapters.traits(of: edit.reference.room).sign
        let now = self.environment.now()
        let edited = try await self.durably { ledger -> (turn: TurnRecord, isOffered: Bool)? in
            let edited = try ledger.rewrite(edit, sign: sign.character)
            try ledger.finishEvent(stored.number, turn: nil)
            guard let edited else { return nil }
            let (turn, last) = (edited.turn, try ledger.lastAnswer(of: edited.turn.session))
            let isLast = turn.state == .running || last?.work == turn.work
            return (turn, edited.isOther && RedoRules.isOffered(turn, isLast: isLast, at: now))
        }
        guard let edited else { return nil }
        self.context.histories.forget(edited.turn.session)
        if let running = self.running, running.turn.id == edited.turn.id {
            running.turn = edited.turn
            running.admission = nil
        }
        // One offer is enough, however often the question is corrected.
        guard edited.isOffered, self.offered != edited.turn.id else { return nil }
        self.offered = edited.turn.id
        try await self.note(
            CommandTexts.offersRedo(sign), in: edited.turn,
            offering: [MessageButton(label: CommandTexts.redo, command: CommandName.redo.rawValue)])
        return nil
    }

    /// `redo`: asks the question of the last answer again, as it reads now.
    func redo(_ stored: StoredMessage) async throws -> Submission? {
        let (key, now) = (self.key, self.environment.now())
        let (question, last) = try await self.context.store.read { ledger -> (TurnRecord?, TurnRecord?) in
            let last = try ledger.session(for: key).flatMap { try ledger.lastAnswer(of: $0.id) }
            return (try last.flatMap { try ledger.turn(id: $0.work) }, last)
        }
        let refusal = RedoRules.refusal(
            of: question, answeredBy: last, for: stored.message.sender, as: stored.role, isBusy: !self.turns.isIdle,
            at: now)
        if let refusal {
            return try await self.reply(
                to: stored, with: CommandTexts.cannotRedo(refusal, sign: self.sign(of: stored.message.route)))
        }
        guard let question, let last else { return nil }
        let asked = InboundMessage(
            thread: key, route: stored.message.route, sender: question.sender, text: question.text, sentAt: now,
            isDirect: stored.message.isDirect, isAddressed: true)
        var again = Question(message: asked, kind: .chat, text: question.text)
        again.again = question
        // It has the answer that is replaced.
        self.context.histories.forget(question.session)
        let author = stored.message.sender.displayName
        return try await self.admit(again, event: stored.event, ahead: self.turns.ahead) { ledger, turn in
            try ledger.insertMessage(
                session: question.session, turn: last.id, role: .note, text: CommandTexts.replaced, at: now)
            try ledger.insertMessage(
                session: question.session, turn: turn, role: .command, author: author, text: stored.message.text,
                at: now)
            try ledger.finishEvent(stored.number, turn: turn)
            return true
        }
    }
}
