internal import Chat

/// Answers to asks: commands, buttons and reactions as commands, and plain messages.
extension Conversation {
    /// An answer from outside of the thread: the API or the command line.
    func decide(_ answer: AskAnswer) async throws -> AskResult {
        let now = self.environment.now()
        let desk = self.desk
        let ending = try await self.context.store.write { ledger in try desk.decide(answer, in: ledger, at: now) }
        await self.apply(ending)
        return ending.result
    }

    private func apply(_ ending: AskDesk.Ending) async {
        guard let ended = ending.ended else { return }
        FaultPoint.askDecided.hit()
        await self.context.lanes.dispatch(ending.items)
        self.conclude([ended])
    }

    // MARK: Commands

    /// `approve [ID] [always]`, `deny [ID] [reason]`.
    func answer(_ name: CommandName, _ argument: String, for stored: StoredMessage) async throws -> Submission? {
        let argument = AskArgument(argument)
        return try await self.answer(stored) { answering, ledger, session in
            let candidates = try ledger.openAsks(of: session.id)
            let answerable = candidates.filter(answering.mayAnswer)
            guard let id = argument.id ?? (answerable.count == 1 ? answerable.first : candidates.first)?.id else {
                // A word that is no id asks for an approval that is not there.
                return name == .approve && !argument.rest.isEmpty && argument.rest.lowercased() != "always"
                    ? .said(AskTexts.unknown(argument.rest)) : .said(AskTexts.nothingToApprove)
            }
            if argument.id == nil, answerable.count > 1 {
                return .said(AskTexts.several(answerable.map(\.id), sign: answering.sign))
            }
            guard let ask = try ledger.ask(id: id) else { return .said(AskTexts.unknown(id)) }
            guard ask.session == session.id else {
                return .said(answering.mayAnswer(ask) ? AskTexts.elsewhere(id) : AskTexts.unknown(id))
            }
            guard name == .approve else { return .decided(ask, AskRecord.deny, argument.rest) }
            switch argument.rest.lowercased() {
            case "": return .decided(ask, AskRecord.approve, nil)
            case "always": return .decided(ask, AskRecord.always, nil)
            default: return .said(AskTexts.notUnderstood(id, sign: answering.sign))
            }
        }
    }

    /// A plain message that answers an open ask of the thread; nil when it does not, and stays a message.
    ///
    /// The asks are read from storage: after a restart the turn may not wait for its ask yet.
    func answer(to stored: StoredMessage, _ text: String) async throws -> Submission?? {
        guard AskReply.isPossible(text), let role = stored.role, role >= .member else { return nil }
        let key = self.key
        let answering = self.answering(stored)
        let found = try await self.context.store.read { ledger -> (String, String)? in
            guard let session = try ledger.session(for: key) else { return nil }
            for ask in try ledger.openAsks(of: session.id) where answering.mayAnswer(ask) {
                if let reply = AskReply(text, to: ask) { return (ask.id, reply.key) }
            }
            return nil
        }
        guard let (id, option) = found else { return nil }
        return .some(
            try await self.answer(stored) { _, ledger, _ in
                try ledger.ask(id: id).map { .decided($0, option, nil) } ?? .said(AskTexts.unknown(id))
            })
    }

    // MARK: One transaction

    /// Who answers, and how commands are written there.
    private struct Answering: Sendable {
        let sender: Sender
        let role: Role?
        let sign: CommandSign

        @Sendable func mayAnswer(_ ask: AskRecord) -> Bool {
            ask.rule.allows(self.sender, as: self.role, askedBy: ask.requester)
        }
    }

    private enum Step {
        case said(String)
        case decided(AskRecord, String, String?)
    }

    private func answering(_ stored: StoredMessage) -> Answering {
        let sender = stored.message.sender
        // The role counts when the answer came, and must not have ended since.
        let role = self.context.access.role(of: sender).flatMap { now in stored.role.map { min($0, now) } }
        return Answering(sender: sender, role: role, sign: self.sign(of: stored.message.route))
    }

    /// Answers a message about an ask: the decision, its outcome, the reply and the end of the inbox entry are one
    /// transaction.
    private func answer(
        _ stored: StoredMessage,
        by step: @escaping @Sendable (Answering, Ledger, SessionRecord) throws -> Step
    ) async throws -> Submission? {
        let answering = self.answering(stored)
        let desk = self.desk
        let now = self.environment.now()
        let isChosen = stored.message.isChosen
        let adapters = self.context.adapters
        let (submission, response) = try await self.respond(to: stored) { ledger, session in
            let ask: AskRecord
            let answer: AskAnswer
            switch try step(answering, ledger, session) {
            case .said(let text): return Response(text: text)
            case .decided(let found, let key, let reason):
                ask = found
                answer = AskAnswer(
                    ask: found.id, sender: answering.sender, role: answering.role, key: key, reason: reason)
            }
            let result = try desk.decide(answer, in: ledger, at: now)
            if case .decided(let decided) = result.result {
                // The changed message says it to everybody.
                let traits = adapters.traits(of: decided.route.room)
                let isShown = !result.items.isEmpty || traits.capabilities.contains(.transcript)
                return Response(
                    text: AskTexts.settled(decided), isPosted: !isShown, items: result.items, keepsRoute: true,
                    ended: decided)
            }
            let isNews = try !isChosen || ledger.noteTold(answering.sender.id, about: ask.id)
            return Response(
                text: Self.reply(to: result.result, answering), isPosted: isNews, items: result.items,
                keepsRoute: true, ended: result.ended)
        }
        if let ended = response.ended {
            FaultPoint.askDecided.hit()
            self.conclude([ended])
        }
        return submission
    }

    private static func reply(to result: AskResult, _ answering: Answering) -> String {
        switch result {
        case .decided(let ask), .settled(let ask), .expired(let ask): AskTexts.alreadySettled(ask)
        case .unknown: AskTexts.nothingToApprove
        case .notAllowed(let ask): AskTexts.notAllowed(ask, answering.sender)
        case .noSuchAnswer(let ask): AskTexts.notUnderstood(ask.id, sign: answering.sign)
        case .altered(let ask): AskTexts.altered(ask.id)
        }
    }
}
