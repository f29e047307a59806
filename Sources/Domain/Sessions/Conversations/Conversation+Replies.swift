internal import Chat

/// How a message is answered at once.
struct Response: Sendable {
    /// Markdown.
    let text: String
    var buttons: [MessageButton] = []
    /// False when something else in the room says it already; the transcript has it in any case.
    var isPosted = true
    /// Outbox entries that the answer has caused, sent before it.
    var items: [OutboxItem] = []
    /// The message is about something in the thread, and does not change where the thread's answers go.
    var keepsRoute = false
    /// The asks that the message has ended.
    var ended: [AskRecord] = []
}

extension Conversation {
    /// Answers a message at once: the command, its reply and the end of its inbox entry are one transaction.
    @discardableResult
    func reply(
        to stored: StoredMessage, with text: String, offering buttons: [MessageButton] = [],
        withdrawingButtons isWithdrawing: Bool = false,
        changing change: (@Sendable (Ledger, inout SessionRecord) throws -> Void)? = nil
    ) async throws -> Submission? {
        let now = self.environment.now()
        let adapters = self.context.adapters
        return try await self.respond(to: stored) { ledger, session in
            try change?(ledger, &session)
            let withdrawn =
                isWithdrawing
                ? try ledger.withdrawButtons(of: session.id, at: now, whereShown: adapters.showButtons) : []
            return Response(text: text, buttons: buttons, items: withdrawn)
        }.submission
    }

    /// Like ``reply(to:with:offering:withdrawingButtons:changing:)``, for an answer that depends on what is stored.
    func respond(
        to stored: StoredMessage, with body: @escaping @Sendable (Ledger, inout SessionRecord) throws -> Response
    ) async throws -> (submission: Submission?, response: Response) {
        let now = self.environment.now()
        let id = Identifier.make("op")
        let message = stored.message
        let poster = self.poster(for: message.route)
        let key = self.key
        let (turn, response, items, frames) = try await self.durably { ledger in
            var session = try ledger.session(
                for: key, route: message.route, owner: message.sender.id, title: "", at: now)
            session.activeAt = now
            let asked = try ledger.insertMessage(
                session: session.id, turn: id, role: .command, author: message.sender.displayName,
                text: message.text, at: now)
            let response = try body(ledger, &session)
            try ledger.insertMessage(session: session.id, turn: id, role: .note, text: response.text, at: now)
            if !response.keepsRoute { session.route = message.route }
            try ledger.update(session)
            let turn = TurnRecord(
                id: id, session: session.id, kind: TurnRecord.commandKind, work: id, text: "", sender: message.sender,
                route: message.route, message: asked, state: .complete, attempts: 1, queuedAt: now, startedAt: now,
                endedAt: now)
            try ledger.insert(turn)
            let frames = [
                LiveFrame(operation: id, sequence: 1, kind: .execution, content: response.text, timestamp: now),
                LiveFrame(operation: id, sequence: 2, kind: .complete, content: response.text, timestamp: now),
            ]
            try ledger.insert(frames)
            let lines = response.isPosted ? poster.lines(for: response.text, offering: response.buttons) : []
            let items =
                try response.items
                + lines.map {
                    try ledger.insertOutbox(
                        session: session.id, turn: id, kind: .note, route: message.route, text: $0.text,
                        buttons: $0.buttons, at: now)
                }
            try ledger.finishEvent(stored.number, turn: id)
            return (turn, response, items, frames)
        }
        FaultPoint.commandAnswered.hit()
        await self.context.hub.begin(id, session: turn.session)
        await self.context.hub.publish(frames)
        await self.context.lanes.dispatch(items)
        return (Submission(message: turn.message ?? 0, operation: id), response)
    }
}
