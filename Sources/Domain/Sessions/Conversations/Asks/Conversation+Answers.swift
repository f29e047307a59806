internal import Attention
internal import Chat
internal import Delivery
internal import Joining
internal import People
internal import Primitives
internal import Store
internal import Threads

/// Answers to asks: commands, buttons and reactions as commands, and plain messages.
extension Conversation {
    /// An answer from outside of the thread: the API or the command line.
    func decide(_ answer: AskAnswer) async throws -> AskResult {
        let ask = try await self.context.store.read { ledger in try ledger.ask(id: answer.ask) }
        if let ask, ask.parked != nil { return try await self.decide(ask, answer) }
        let now = self.environment.now()
        let desk = self.desk
        let ending = try await self.write { ledger in try desk.decide(answer, in: ledger, at: now) }
        await self.apply(ending)
        return ending.result
    }

    /// Also for what an answer has ended without counting: it came too late.
    func apply(_ ending: AskDesk.Ending) async {
        guard let ended = ending.ended else { return }
        FaultPoint.askDecided.hit()
        self.admit([ended])
        await self.context.lanes.dispatch(ending.items)
        self.conclude([ended])
    }

    // MARK: Commands

    /// `approve [ID] [answer]`, `deny [ID] [reason]`.
    func answer(_ name: CommandName, _ argument: String, for stored: StoredMessage) async throws -> Submission? {
        let argument = AskArgument(argument)
        let answering = self.answering(stored)
        let (key, questions) = (self.key, self.context.questions)
        let step: @Sendable (Ledger, SessionRecord) throws -> Step = { ledger, session in
            let room = answering.room
            let told = try questions.mayExist(in: room) ? ledger.openAsks(toldIn: room) : []
            let candidates = try ledger.openAsks(of: session.id) + told
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
            return Self.step(name, argument.rest, about: ask, answering)
        }
        let found = try await self.context.store.read { ledger -> AskRecord? in
            guard let session = try ledger.session(for: key),
                case .decided(let ask, _, _) = try step(ledger, session), ask.parked != nil
            else { return nil }
            return ask
        }
        if let found, case .decided(_, let key, let words) = Self.step(name, argument.rest, about: found, answering) {
            return try await self.answer(stored, to: found, key, words)
        }
        return try await self.answer(stored, by: step)
    }

    private static func step(
        _ name: CommandName, _ rest: String, about ask: AskRecord, _ answering: Answering
    ) -> Step {
        guard name == .approve else { return .decided(ask, "no", rest.isEmpty ? nil : rest) }
        if rest.isEmpty { return .decided(ask, "yes", nil) }
        let notUnderstood = Step.said(AskTexts.notUnderstood(ask, sign: answering.sign))
        if ask.kind == .approval, !ask.isBatch {
            return rest.lowercased() == "always" ? .decided(ask, AskRecord.always, nil) : notUnderstood
        }
        return AskReply(rest, to: ask, takesWords: true).map { .decided(ask, $0.key, $0.words) } ?? notUnderstood
    }

    // MARK: Plain messages

    /// A plain message that answers an open ask of the thread; nil when it does not, and stays a message. Whoever may not
    /// decide an approval gets the reason.
    ///
    /// The asks are read from storage: after a restart the turn may not wait for its ask yet.
    func answer(to stored: StoredMessage, _ text: String) async throws -> Submission?? {
        let mayBeWords = self.context.questions.mayExist(in: self.key)
        guard AskReply.isPossible(text) || mayBeWords, stored.role != nil else { return nil }
        let key = self.key
        let answering = self.answering(stored)
        let open = try await self.context.store.read { ledger -> [AskRecord] in
            guard let session = try ledger.session(for: key) else { return [] }
            return try ledger.openAsks(of: session.id)
        }
        if mayBeWords, !open.contains(where: { $0.question != nil || $0.parked != nil }) {
            self.context.questions.remove(key)
        }
        let answerable = open.filter(answering.mayAnswer)
        var found: (ask: AskRecord, reply: AskReply)?
        for ask in answerable where found == nil {
            found = AskReply(text, to: ask).map { (ask, $0) }
        }
        // In their own words people answer the last question, and only if it is theirs.
        for ask in answerable.reversed() where found == nil && answering.isAsked(ask) {
            found = AskReply(text, to: ask, takesWords: true).map { (ask, $0) }
        }
        guard let (ask, reply) = found else {
            guard let refused = open.last(where: { answering.isRefused(text, to: $0) }) else { return nil }
            return .some(try await self.refuse(stored, .notAllowed(refused)))
        }
        if ask.parked != nil { return .some(try await self.answer(stored, to: ask, reply.key, reply.words)) }
        return .some(
            try await self.answer(stored) { ledger, _ in
                try ledger.ask(id: ask.id).map { .decided($0, reply.key, reply.words) }
                    ?? .said(AskTexts.unknown(ask.id))
            })
    }

    // MARK: One transaction

    /// Who answers, and how commands are written there.
    struct Answering: Sendable {
        let sender: Sender
        /// With all identities of the person.
        let person: Sender
        let role: Role?
        /// Where they write.
        let room: RoomID
        let sign: CommandSign

        @Sendable func mayAnswer(_ ask: AskRecord) -> Bool {
            ask.rule.allows(self.person, as: self.role, askedBy: ask.requester)
        }

        /// Whether the text answers an approval that somebody else has to decide. `yes` and `no` of people who did not ask
        /// for it may be meant for the model.
        func isRefused(_ text: String, to ask: AskRecord) -> Bool {
            guard ask.kind == .approval, !self.mayAnswer(ask), let reply = AskReply(text, to: ask) else { return false }
            return reply.form == .option || self.person.mayBeSamePerson(as: ask.requester)
        }

        /// Whether the question is for this person, rather than one that they may answer too.
        func isAsked(_ ask: AskRecord) -> Bool {
            ask.rule == .members || ask.rule == .owners || self.person.isSamePerson(as: ask.requester)
        }
    }

    enum Step {
        case said(String)
        case decided(AskRecord, String, String?)
    }

    func answering(_ stored: StoredMessage) -> Answering {
        let sender = stored.message.sender
        // The role counts when the answer came, and must not have ended since. What an agent writes for its person decides
        // nothing.
        let role =
            stored.message.via == nil
            ? self.context.access.role(of: sender).flatMap { now in stored.role.map { min($0, now) } } : nil
        return Answering(
            sender: sender, person: self.context.access.person(sender), role: role, room: stored.message.route.room,
            sign: self.sign(of: stored.message.route))
    }

    /// Answers a message about an ask: the decision, its outcome, the reply and the end of the inbox entry are one
    /// transaction.
    private func answer(
        _ stored: StoredMessage, by step: @escaping @Sendable (Ledger, SessionRecord) throws -> Step
    ) async throws -> Submission? {
        let answering = self.answering(stored)
        let desk = self.desk
        let now = self.environment.now()
        let isChosen = stored.message.isChosen
        let adapters = self.context.adapters
        let (submission, response) = try await self.respond(to: stored) { ledger, session in
            let ask: AskRecord
            let answer: AskAnswer
            switch try step(ledger, session) {
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
                    ended: [decided])
            }
            let isNews = try !isChosen || ledger.noteTold(answering.sender.id, about: ask.id)
            return Response(
                text: Self.reply(to: result.result, answering), isPosted: isNews, items: result.items,
                keepsRoute: true, ended: result.ended.map { [$0] } ?? [])
        }
        if !response.ended.isEmpty {
            FaultPoint.askDecided.hit()
            self.conclude(response.ended)
        }
        return submission
    }

    private static func reply(to result: AskResult, _ answering: Answering) -> String {
        switch result {
        case .decided(let ask), .settled(let ask), .expired(let ask): AskTexts.alreadySettled(ask)
        case .unknown: AskTexts.nothingToApprove
        case .notAllowed(let ask): AskTexts.notAllowed(ask, answering.person, as: answering.role)
        case .noSuchAnswer(let ask): AskTexts.notUnderstood(ask, sign: answering.sign)
        case .altered(let ask): AskTexts.altered(ask.id)
        }
    }

    /// The reply to an answer that did not count.
    func refuse(_ stored: StoredMessage, _ result: AskResult) async throws -> Submission? {
        let answering = self.answering(stored)
        let isChosen = stored.message.isChosen
        let text = Self.reply(to: result, answering)
        let ask: String? = if case .settled(let ask) = result { ask.id } else { nil }
        return try await self.respond(to: stored) { ledger, _ in
            let isNews = try !isChosen || ask.map { try ledger.noteTold(answering.sender.id, about: $0) } ?? true
            return Response(text: text, isPosted: isNews, keepsRoute: true)
        }.submission
    }

    // MARK: Parked asks

    // No turn waits for them. The answer to a question begins the next turn, and that to an approval continues the turn
    // which a restart interrupted, in the transaction that stores it.

    /// Ends a turn with a question.
    func park(_ parked: ParkedQuestion, of turn: TurnRecord) -> TurnOutcome {
        guard self.context.workers[parked.kind] != nil else {
            return .failed(TurnTexts.noLongerConfigured(parked.kind))
        }
        guard parked.question.isValid else { return .failed(AskTexts.emptyQuestion) }
        let writing = self.writing(
            of: parked.question, AskRecord.Parking(kind: parked.kind, payload: parked.payload),
            lifetime: Int64(parked.lifetime / .milliseconds(1)), for: turn)
        guard writing.isShowable else { return .failed(AskTexts.questionTooLong) }
        self.running?.asking = writing
        return .complete
    }

    /// Answers a question by a message, which becomes the next turn's.
    func answer(
        _ stored: StoredMessage, to ask: AskRecord, _ key: String, _ words: String?
    ) async throws -> Submission? {
        let answering = self.answering(stored)
        let answer = AskAnswer(
            ask: ask.id, sender: answering.sender, role: answering.role, key: key, reason: words)
        let waiting = self.turns.waiting.count
        if waiting >= self.environment.settings.queueLimit {
            return try await self.reply(
                to: stored, with: TurnTexts.queueIsFull(waiting, sign: self.sign(of: stored.message.route)))
        }
        // What was answered elsewhere continues where it was asked.
        let isHere = stored.message.route.room == ask.route.room
        let message = isHere ? stored.message : stored.message.moved(to: self.key, ask.route)
        let (result, submission) = try await self.begin(ask, answer, by: message, event: stored.event) {
            ledger, turn in try ledger.finishEvent(stored.number, turn: turn)
        }
        if case .decided = result { return submission }
        return try await self.refuse(stored, result)
    }

    /// Answers a question from outside of the thread.
    func decide(_ ask: AskRecord, _ answer: AskAnswer) async throws -> AskResult {
        let message = answer.message(in: self.key, at: ask.route, self.environment.now())
        return try await self.begin(ask, answer, by: message, event: "") { _, _ in }.result
    }

    /// The decision, its outcome and the turn that it begins are one transaction.
    private func begin(
        _ ask: AskRecord, _ answer: AskAnswer, by message: InboundMessage, event: String,
        finish: @escaping @Sendable (_ ledger: Ledger, _ turn: String?) throws -> Void
    ) async throws -> (result: AskResult, submission: Submission?) {
        let asking = try await self.context.store.read { ledger in try ledger.turn(id: ask.turn) }
        guard let question = Question(ask, answer, message, of: asking) else {
            // It decides nothing, but its time may be over, which it then ends.
            return (try await self.refused(answer), nil)
        }
        let now = self.environment.now()
        let desk = self.desk
        let decided = Protected<AskDesk.Ending?>(nil)
        let submission = try await self.admit(question, event: event, ahead: self.turns.ahead) { ledger, turn in
            let ending = try desk.decide(answer, in: ledger, at: now)
            decided.withLock { $0 = ending }
            guard case .decided(let decided) = ending.result else { return false }
            // Somebody may have typed `resume` in the meantime: that turn takes the answer.
            let isParked = decided.parked != nil
            try finish(ledger, isParked ? turn : nil)
            return isParked
        } onStored: {
            if let ending = decided.withLock({ $0 }) { await self.apply(ending) }
        }
        return (decided.withLock { $0 }?.result ?? .unknown, submission)
    }

    private func refused(_ answer: AskAnswer) async throws -> AskResult {
        let now = self.environment.now()
        let desk = self.desk
        let ending = try await self.durably { ledger in try desk.decide(answer, in: ledger, at: now) }
        await self.apply(ending)
        return ending.result
    }
}

extension Question {
    /// The next turn's question, as the answer says it; nil if it is no answer.
    ///
    /// - Parameter asking: The turn that asked, which the answer to an approval continues.
    init?(_ ask: AskRecord, _ answer: AskAnswer, _ message: InboundMessage, of asking: TurnRecord?) {
        guard let parked = ask.parked, let choice = AskChoice(answer.key, answer.reason, to: ask) else { return nil }
        if ask.kind == .approval {
            guard let asking else { return nil }
            self.init(continuing: asking, by: message)
            return
        }
        let said = choice.answer.map { ask.option($0)?.label ?? $0 }
        let text = [said, choice.words].compactMap(\.self).joined(separator: ": ")
        self.init(message: message.reading(text), kind: parked.kind, text: text, ask: ask.id)
    }
}

extension Question {
    /// Continues an interrupted turn for the person who asked for it, whoever says so.
    init(continuing turn: TurnRecord, by message: InboundMessage) {
        self.init(
            message: message, kind: turn.kind, text: turn.text, work: turn.work, role: .command,
            requester: turn.sender)
    }
}

extension AskAnswer {
    /// A message in the thread that says the same.
    func message(in thread: ThreadKey, at route: Route, _ now: Int64) -> InboundMessage {
        InboundMessage(
            thread: thread, route: route, sender: self.sender, text: self.reason ?? self.key, sentAt: now,
            isDirect: false, isAddressed: true, isChosen: true)
    }
}
