internal import Chat

/// Edits and deletions of waiting messages. They do not affect a running turn.
extension Conversation {
    /// Changes a message in the mailbox in place.
    func amendLetters(_ change: MessageChange) {
        for index in self.mailbox.indices { self.amend(&self.mailbox[index], change) }
        for index in self.senders.indices { self.amend(&self.senders[index].letter, change) }
    }

    private func amend(_ letter: inout Letter, _ change: MessageChange) {
        guard case .message(var stored, _) = letter.content, stored.message.reference == change.reference,
            change.counts(for: stored.message.sender)
        else { return }
        switch change {
        case .edit(let edit):
            stored.message = stored.message.reading(edit.text)
            letter.content = .message(stored, self.context.intents.intent(of: stored.message, role: stored.role))
        case .deletion: letter.content = .deleted(stored.number)
        }
    }

    /// Changes a waiting turn and ends the change's inbox entry.
    func apply(_ stored: StoredChange) async throws -> Submission? {
        let change = stored.change
        guard
            let index = self.queue.firstIndex(where: {
                $0.ask == nil && $0.route.room == change.reference.room && $0.route.replyTo == change.reference.id
                    && change.counts(for: $0.sender)
            })
        else { return try await self.finish(stored) }
        guard case .edit(let edit) = change else { return try await self.drop(self.queue.remove(at: index), stored) }
        let sign = self.context.adapters.traits(of: edit.reference.room).sign.character
        switch EditedTurn.determine(edit.text, for: self.queue[index], sign: sign) {
        case .unchanged: return try await self.finish(stored)
        case .question(let text):
            let turn = self.queue[index]
            // Before the write, so that a turn that begins in between uses the stored text.
            self.queue[index] = turn.with(text: text)
            try await self.durably { ledger in
                try ledger.edit(turn, written: edit.text, asked: text)
                try ledger.finishEvent(stored.number, turn: nil)
            }
            return nil
        case .message:
            let turn = self.queue.remove(at: index)
            let message = Self.message(of: turn, reading: edit, in: self.key)
            let renewed = try await self.drop(turn, because: TurnTexts.editedIntoAnother) { ledger in
                try ledger.renew(stored, as: message)
            }
            return try await self.handle(
                renewed, self.context.intents.intent(of: renewed.message, role: renewed.role))
        }
    }

    /// The message that replaces a turn's question after an edit.
    static func message(of turn: TurnRecord, reading edit: MessageEdit, in thread: ThreadKey) -> InboundMessage {
        InboundMessage(
            thread: thread, route: turn.route, sender: edit.sender, text: edit.text, sentAt: turn.queuedAt,
            isDirect: false, isAddressed: true)
    }

    private func finish(_ stored: StoredChange) async throws -> Submission? {
        try await self.durably { ledger in try ledger.finishEvent(stored.number, turn: nil) }
        return nil
    }

    private func drop(_ turn: TurnRecord, _ stored: StoredChange) async throws -> Submission? {
        try await self.drop(turn, because: TurnTexts.deleted) { ledger in
            try ledger.finishEvent(stored.number, turn: nil)
        }
        return nil
    }

    /// Ends a turn that was removed from the queue.
    private func drop<Value: Sendable>(
        _ turn: TurnRecord, because reason: String, entering enter: @escaping @Sendable (Ledger) throws -> Value
    ) async throws -> Value {
        let now = self.environment.now()
        self.context.lanes.reactions.mark(false, turn.route)
        let frames = await self.context.hub.close(turn.id, with: .error, reason)
        let value = try await self.durably { ledger in
            try ledger.drop(turn, because: reason, at: now)
            try ledger.insert(frames)
            return try enter(ledger)
        }
        await self.context.hub.publish(frames)
        return value
    }
}
