internal import Chat
internal import JSON
internal import Joining
internal import Logging
internal import People
internal import Primitives
internal import Store
internal import Surroundings
internal import Threads

/// What was said beside a question: read once, before the model is asked, and stored with the turn.
extension Conversation {
    /// People's roles now.
    var roles: @Sendable (Sender) -> Role? { { [access = self.context.access] in access.role(of: $0) } }

    /// What came with a question, and whether the room's past is to be read.
    func beside(_ question: Question) -> QuestionContext {
        guard question.kind == .chat, question.work == nil, question.role == .user, question.again == nil else {
            return QuestionContext()
        }
        let message = question.message
        let room = message.route.room
        let limits = self.environment.settings.context.limits(in: room)
        var context = QuestionContext(lines: self.enclosed(in: message))
        let reply = message.repliesTo.map { MessageReference(room: room, id: $0) }
        if let reply { context.lines.append(.unread(reply)) }
        guard !message.isChosen, self.context.adapters[room.adapter] is any RoomHistory else { return context }
        // Where everything is said to the bot, there is nothing else to read.
        let isAlone = message.isDirect && !PastReading.isInThread(message.route)
        context.state = isAlone || limits == nil ? .reply : .due
        context.isForFirst = message.isDirect
        if limits == nil, reply == nil, !isAlone { context.state = .off }
        return context
    }

    /// What came along with a message.
    func enclosed(in message: InboundMessage) -> [TurnLine] {
        guard !message.enclosed.isEmpty else { return [] }
        let limits = self.environment.settings.context.limits(in: message.route.room) ?? ContextLimits()
        let lines = message.enclosed.map { TurnLine($0, role: self.roles) }
        return LineCut.cut(lines, to: limits, isThread: true, at: self.environment.now())
    }

    /// What was said beside a turn's question. Reads it unless that was done; what cannot be read is left out.
    func surroundings(of turn: TurnRecord, before storage: QuestionStorage?) async throws -> [TurnLine] {
        guard turn.kind == .chat, turn.work == turn.id else { return [] }
        let context: QuestionContext
        if let admission = self.running?.admission, admission.turn.id == turn.id {
            context = admission.beside
        } else {
            context = try await self.context.store.read { ledger in try ledger.questionContext(of: turn) }
        }
        self.running?.lines = context.readLines
        guard context.isToBeRead, let adapter = self.context.adapters[turn.route.room.adapter] as? any RoomHistory,
            let query = PastReading.query(
                for: context, turn.route,
                limits: self.environment.settings.context.limits(in: turn.route.room), at: self.environment.now())
        else { return context.readLines }
        let past = try await self.past(of: query, from: adapter)
        guard let past else {
            guard await storage?.isStored() ?? true else { throw CancellationError() }
            try await self.note(SurroundingsTexts.late, in: turn) { ledger in
                try !ledger.hasLateContext(turn.session)
            }
            self.running?.context = .late
            return context.readLines
        }
        if let missing = past.missing, self.context.pastNotes.isFirst(in: turn.route.room) {
            guard await storage?.isStored() ?? true else { throw CancellationError() }
            try await self.note(SurroundingsTexts.missing(missing), in: turn)
        }
        let lines = try await self.lines(of: past, for: turn, query, context.readLines)
        // A turn that begins anew reads them again.
        try Task.checkCancellation()
        self.running?.lines = lines
        if lines == context.readLines, context.unread == nil {
            self.running?.context = .read
        } else {
            self.keep(lines, of: turn, after: storage)
        }
        return lines
    }

    /// Nil if it cannot be read in time.
    private func past(of query: PastQuery, from adapter: any RoomHistory) async throws -> RoomPast? {
        do {
            let past = try await withDeadline(self.environment.settings.pastPatience) {
                try await adapter.past(of: query)
            }
            try Task.checkCancellation()
            return past
        } catch {
            try Task.checkCancellation()
            self.environment.logger.warning(
                "what was said in a room cannot be read",
                ["room": .string("\(query.route.room)"), "error": .string("\(error)")])
            return nil
        }
    }

    private func lines(
        of past: RoomPast, for turn: TurnRecord, _ query: PastQuery, _ enclosed: [TurnLine]
    ) async throws -> [TurnLine] {
        var past = past
        // Whatever an adapter gives, no more is looked up.
        past.messages = past.messages.suffix(query.limit + LineCut.leadingLimit)
        guard !past.messages.isEmpty else { return enclosed }
        let references = past.messages.compactMap(\.reference)
        let known = try await self.context.store.read { ledger in try ledger.known(references) }
        let lines = PastReading.lines(
            of: past, before: query.before, in: turn.session, known: known, role: self.roles)
        let limits = self.environment.settings.context.limits(in: turn.route.room) ?? ContextLimits()
        return LineCut.cut(
            lines + enclosed, to: limits, isThread: query.route.anchor != nil, at: self.environment.now())
    }

    /// Stores a turn's lines while its first request is on its way: nothing of the turn is shown before.
    private func keep(_ lines: [TurnLine], of turn: TurnRecord, after storage: QuestionStorage?) {
        let keeping = QuestionStorage()
        self.running?.keeping = keeping
        Task {
            guard await storage?.isStored() ?? true else { return keeping.end(isStored: false) }
            do {
                try await self.retrying { ledger in try ledger.keep(lines, .read, ofTurn: turn.id) }
                keeping.end(isStored: true)
            } catch {
                self.environment.logger.error(
                    "what was said beside a question cannot be stored",
                    ["turn": .string(turn.id), "error": .string("\(error)")])
                keeping.end(isStored: false)
            }
        }
    }
}
