internal import Analytics
internal import Attention
internal import Chat
internal import Database
internal import Delivery
internal import JSON
internal import Joining
internal import Logging
internal import People
internal import Primitives
internal import Store
internal import Threads

/// Cleans up after the last run, or after another host: one transaction repairs the tables, then lanes, turns and the
/// inbox resume.
struct Recovery: Sendable {
    let store: SessionStore
    let environment: BridgeEnvironment
    let adapters: AdapterRegistry
    let access: AccessControl
    let lanes: Lanes
    let conversations: Conversations
    let questions: OpenQuestions
    let accounts: (any PersonalAccounts)?
    let places: Places
    let interruption: Interruption
    let trials: InboxTrials
    /// Until when the start waits for what is in the inbox; after that it is handled beside the services.
    let deadline: ContinuousClock.Instant

    /// The maximum number of times that a turn begins before it has shown anything.
    private static let attempts = 2
    /// Threads whose turns begin with one transaction: a commit for each would keep a large host from serving for minutes.
    private static let page = 100

    /// A turn that begins or waits again, without its text, and the number of its last frame.
    private typealias Resumed = (key: ThreadKey, turn: TurnRecord, last: Int64)

    func run() async throws {
        let places = self.places
        self.lanes.restore(renamed: try await self.store.read { ledger in try ledger.renamedRooms() }, of: places)
        try await self.endIdentities()
        let underWay = UnderWay(store: self.store)
        let running = try await self.store.read { ledger in
            try ledger.openTurns(in: places).filter { $0.state == .running }.map(\.id)
        }
        let deadly = try await underWay.begin(.turn, running)
        let resumed = try await self.store.write(of: places) { ledger in
            let resumed = try self.recover(in: ledger, withoutText: deadly)
            try self.endJobs(in: ledger)
            return resumed
        }
        try await underWay.end(.turn, running)
        for room in try await self.store.read({ ledger in try ledger.roomsWithOutbox(in: places, all: true) }) {
            await self.lanes.tryAgain(room)
        }
        try await self.watchAsks()
        for start in stride(from: 0, to: resumed.count, by: Self.page) {
            await self.restore(resumed[start..<min(start + Self.page, resumed.count)])
        }
        try await self.takeUpInbox()
    }

    /// Queues turns again, and begins those that nothing in their threads is ahead of.
    private func restore(_ resumed: ArraySlice<Resumed>) async {
        var begun: [(conversation: Conversation, turn: TurnRecord)] = []
        for (key, turn, last) in resumed {
            let conversation = self.conversations.conversation(for: key)
            if let next = await conversation.restore(turn, after: last) { begun.append((conversation, next)) }
        }
        guard !begun.isEmpty else { return }
        let now = self.environment.now()
        let turns = begun.map(\.turn)
        let marking: Void? = try? await self.store.write(of: self.places) { ledger in
            for turn in turns { try ledger.start(turn.id, attempts: turn.attempts + 1, at: now) }
        }
        // What cannot be stored together, each thread stores for itself: one of them may be another host's.
        for (conversation, turn) in begun { await conversation.begin(next: turn, isMarked: marking != nil) }
    }

    /// Ends the sessions of nicks, whose connections the restart has ended. Where everything in one was written by somebody
    /// whom one host mask admits, it becomes that mask's instead.
    private func endIdentities() async throws {
        let now = self.environment.now()
        let places = self.places
        // Those of people who were removed while no host ran.
        if self.interruption == .restart {
            for change in try await self.store.read({ ledger in try ledger.accessChanges() }) where change.role == nil {
                try await self.accounts?.forget(change.identity, logger: self.environment.logger)
            }
        }
        // First: while the session has its key, the next start comes here again.
        for session in try await self.store.read({ ledger in try ledger.sessionsOfNicks(in: places) }) {
            try await self.accounts?.forget(session.owner, logger: self.environment.logger)
        }
        try await self.store.write(of: places) { ledger in
            for session in try ledger.sessionsOfNicks(in: places) {
                let masks = try Set(ledger.senders(in: session.id).map { self.access.mask(of: $0) })
                if masks.count == 1, let mask = masks.first ?? nil,
                    case let key = mask.thread(session.key), try ledger.session(for: key) == nil
                {
                    try ledger.move(session, to: key, owner: mask.id)
                } else {
                    _ = try ledger.retire(session)
                    _ = try self.desk.closeAll(of: session.id, in: ledger, at: now)
                    for turn in try ledger.openTurns(of: session.id) {
                        try ledger.end(turn.id, .stopped, error: TurnTexts.identityEnded, at: now)
                        try self.insertLast(of: turn, TurnTexts.identityEnded, in: ledger)
                    }
                }
            }
        }
    }

    /// Resumes the clocks of open questions.
    private func watchAsks() async throws {
        let places = self.places
        let open = try await self.store.read { ledger in
            try ledger.openAsks(in: places).compactMap { ask in
                try ledger.session(id: ask.session).map { ($0.key, ask) }
            }
        }
        for (_, ask) in open { self.questions.add(ask.route.room) }
        for (key, ask) in open where ask.question != nil || !ask.hasTurn {
            await self.conversations.conversation(for: key).watch(ask)
        }
    }

    /// Hands what is in the inbox to its threads, so that what comes from now on is behind it. Waits for a time, so that a
    /// client's repeat of a message finds its operation once the gateway serves.
    private func takeUpInbox() async throws {
        // Those that were being handled when the process died come first, as they are older, and one by one, so that only
        // the one of which it dies again is counted twice.
        let suspects = try await self.handInbox(suspects: true)
        await self.wait(for: suspects)
        // One that could not be handled now is left to the next start.
        await self.wait(for: try await self.handInbox(suspects: false, without: Set(suspects.joined().map(\.key))))
    }

    /// Returns who waits for what was handed to the threads, by page.
    private func handInbox(
        suspects: Bool, without handed: Set<String> = []
    ) async throws -> [[(key: String, reply: ReplyBox)]] {
        let intents = IntentReader(adapters: self.adapters, access: self.access)
        let places = self.places
        let underWay = UnderWay(store: self.store)
        var pages: [[(key: String, reply: ReplyBox)]] = []
        var last: Int64 = 0
        while true {
            let after = last
            let events = try await self.store.read { ledger in
                try ledger.newEvents(of: places, after: after, limit: 256)
            }
            guard let number = events.last?.number else { return pages }
            last = number
            let interrupted = try await underWay.interrupted(.event, events.map { "\($0.number)" })
            let chosen = events.filter { event in
                interrupted.contains("\(event.number)") == suspects && !handed.contains("\(event.number)")
            }
            if !suspects { try await self.trials.begin(chosen.map { "\($0.number)" }) }
            var page: [(key: String, reply: ReplyBox)] = []
            for event in chosen {
                let reply = ReplyBox()
                let intent = intents.intent(of: event.message, role: event.role)
                await self.conversations.hand(
                    .message(event, intent), of: event.message.thread, reply: reply,
                    trial: suspects ? LetterTrial(event: event, recovery: self) : nil)
                page.append(("\(event.number)", reply))
            }
            pages.append(page)
        }
    }

    /// Waits until ``deadline`` at the latest: a command may ask a server that does not answer.
    private func wait(for pages: [[(key: String, reply: ReplyBox)]]) async {
        let trials = self.trials
        let handled = Signal()
        // Unstructured, because it goes on beside the services.
        Task {
            for page in pages {
                for (_, reply) in page { _ = try? await reply.value() }
                await trials.end(page.map(\.key))
            }
            handled.signal()
        }
        await handled.wait(upTo: self.deadline - .now)
    }

    /// Handles a message of which the process may have died.
    func attempt(
        _ event: StoredMessage, _ handle: () async throws -> Submission?
    ) async throws -> Submission? {
        guard let submission = try await self.trials.run("\(event.number)", handle) else {
            try await self.giveUp(event)
            return nil
        }
        return submission
    }

    /// Ends the handling of a message of which the process has died, and says so in its thread.
    private func giveUp(_ event: StoredMessage) async throws {
        self.environment.logger.error(
            "a message is not handled, because the process ended twice while it was",
            ["event": .string(event.event), "adapter": .string("\(event.message.thread.adapter)")])
        let now = self.environment.now()
        let adapters = self.adapters
        try await self.store.write(of: self.places) { ledger in
            try ledger.finishEvent(event.number, turn: nil)
            guard let session = try ledger.session(for: event.message.thread) else { return }
            _ = try NoticeWriting(
                session: session, text: TurnTexts.messageGivenUp, role: .note, kind: .note, adapters: adapters, at: now
            ).write(to: ledger)
        }
        await self.trials.end(["\(event.number)"])
        await self.lanes.wake(event.message.route.room)
    }

    // MARK: The tables

    /// Returns the turns to resume, oldest first.
    ///
    /// - Parameter deadly: Turns that are closed without showing more of their answers, because the process has died of that.
    private func recover(in ledger: Ledger, withoutText deadly: Set<String>) throws -> [Resumed] {
        try ledger.markInterruptedSends(in: self.places, after: self.interruption)
        for change in try ledger.newChanges(of: self.places) { try self.apply(change, in: ledger) }
        var resumed: [Resumed] = []
        for turn in try ledger.openTurns(in: self.places) {
            guard let session = try ledger.session(id: turn.session) else { continue }
            var waiting = turn
            if turn.state == .running {
                let asks = try ledger.asks(ofTurn: turn.id)
                // A turn that waits for people joins its ask, as often as the host starts in the meantime.
                waiting = turn.with(
                    state: .queued, attempts: asks.isEmpty ? turn.attempts : max(0, turn.attempts - 1))
                guard try self.mayRepeat(waiting, asks, in: ledger) else {
                    let decided = asks.last {
                        $0.state == .answered && $0.takenAt == nil && $0.outlivesTurn
                    }
                    let turn = try ledger.withText(turn)
                    try self.environment.speaking(to: turn.sender.id, in: ledger) {
                        try self.close(turn, continuedBy: decided, showsText: !deadly.contains(turn.id), in: ledger)
                    }
                    if let decided {
                        let next = try self.resume(turn, after: decided, session.key, in: ledger)
                        resumed.append((session.key, next.with(text: ""), 0))
                    }
                    continue
                }
            }
            resumed.append((session.key, waiting, try ledger.lastSequence(of: turn.id)))
        }
        try self.settleAsks(in: ledger)
        return resumed
    }

    /// Continues a turn with an answer that it has not taken.
    private func resume(
        _ turn: TurnRecord, after ask: AskRecord, _ key: ThreadKey, in ledger: Ledger
    ) throws -> TurnRecord {
        let now = self.environment.now()
        let answer = AskAnswer(
            ask: ask.id, sender: ask.decider ?? turn.sender, role: nil, key: ask.answer ?? "", reason: ask.reason)
        let question = Question(continuing: turn, by: answer.message(in: key, at: turn.route, now))
        return try AdmissionWriting(
            question: question, key: key, turn: Identifier.make("op"), isFirst: false, note: nil, noteMessages: [],
            adapters: self.adapters, at: now
        ).write(to: ledger).turn
    }

    /// Applies a change that was stored but not handled: an edit if its message still waits.
    private func apply(_ stored: StoredChange, in ledger: Ledger) throws {
        let received = try ledger.received(stored.change.reference)
        if try ledger.apply(stored.change, to: received) {
            // It is handled as changed.
        } else if let turn = try received?.turn.flatMap({ try ledger.turn(id: $0) }), turn.state == .queued,
            turn.ask == nil,
            stored.change.counts(for: turn.sender)
        {
            return try self.apply(stored, to: turn, in: ledger)
        } else if case .edit(let edit) = stored.change {
            let sign = self.adapters.traits(of: edit.reference.room).sign.character
            _ = try ledger.rewrite(edit, sign: sign)
        } else if stored.change.isDeletion, let turn = try ledger.strike(stored.change.reference),
            turn.state == .running, turn.parts.count <= 1
        {
            try self.drop(turn, because: TurnTexts.deleted, in: ledger)
        }
        try ledger.finishEvent(stored.number, turn: nil)
    }

    private func apply(_ stored: StoredChange, to turn: TurnRecord, in ledger: Ledger) throws {
        let sign = self.adapters.traits(of: turn.route.room).sign.character
        if turn.parts.count > 1 { return _ = try ledger.apply(stored, toPartOf: turn, sign: sign) }
        guard case .edit(let edit) = stored.change else {
            try self.drop(turn, because: TurnTexts.deleted, in: ledger)
            return try ledger.finishEvent(stored.number, turn: nil)
        }
        switch EditedTurn.determine(edit.text, for: turn, sign: sign) {
        case .unchanged: break
        case .question(let text): try ledger.edit(turn, written: edit.text, asked: text)
        case .message:
            guard let thread = try ledger.session(id: turn.session)?.key else { break }
            try self.drop(turn, because: TurnTexts.editedIntoAnother, in: ledger)
            _ = try ledger.renew(stored, as: EditedTurn.message(of: turn, reading: edit, in: thread))
            return
        }
        try ledger.finishEvent(stored.number, turn: nil)
    }

    private func drop(_ turn: TurnRecord, because reason: String, in ledger: Ledger) throws {
        try ledger.drop(turn, because: reason, at: self.environment.now())
        try self.insertLast(of: turn, reason, in: ledger)
    }

    private func insertLast(of turn: TurnRecord, _ reason: String, in ledger: Ledger) throws {
        let last = try ledger.lastSequence(of: turn.id)
        try ledger.insert([
            LiveFrame(
                operation: turn.id, sequence: last + 1, kind: .error, content: reason, timestamp: self.environment.now()
            )
        ])
    }

    private func mayRepeat(_ turn: TurnRecord, _ asks: [AskRecord], in ledger: Ledger) throws -> Bool {
        // What was approved may have begun, and a command is never run twice.
        guard !asks.contains(where: { $0.takenAt != nil }), turn.kind.mayRepeat,
            try !ledger.hasJob(ofTurn: turn.id)
        else { return false }
        let wasSeen =
            try ledger.hasOutput(of: turn.id)
            || ledger.outbox(ofTurn: turn.id).contains { ![.note, .waiting, .ask, .outcome].contains($0.kind) }
            || !ledger.commits(of: turn.id).isEmpty
        guard !wasSeen else { return false }
        return turn.attempts < Self.attempts
    }

    /// Ends asks that no turn waits for any more, and parked ones whose time has passed, and shows outcomes that were
    /// decided while no host ran.
    private func settleAsks(in ledger: Ledger) throws {
        let now = self.environment.now()
        for ask in try ledger.openAsks(in: self.places) {
            let isOver = try ask.hasTurn ? ledger.turn(id: ask.turn)?.endedAt != nil : ask.expiresAt <= now
            if isOver { _ = try self.desk.end(ask, as: .expired, by: nil, in: ledger, at: now) }
        }
        for ask in try ledger.unshownAsks(in: self.places) { _ = try self.desk.show(ask, in: ledger, at: now) }
    }

    private var desk: AskDesk { AskDesk(adapters: self.adapters, audit: self.environment.auditDecision) }

    /// The messages of an interrupted answer that are not in the outbox. Where each finished paragraph was posted, they
    /// follow those that the outbox has.
    private func unposted(
        of turn: TurnRecord, _ frames: [LiveFrame], _ poster: inout AnswerPoster, in ledger: Ledger
    ) throws -> [String] {
        var answer: [UInt8] = []
        var messages: [String] = []
        poster.joinsLines = false
        for frame in frames where frame.kind == .execution {
            answer += frame.content.utf8
            messages += poster.append(frame.content, to: answer)
        }
        messages += poster.rest(of: answer)
        let posted = try Self.parts(of: turn, in: ledger).reduce(0) { $0 + Int($1.message ?? 1) }
        return poster.traits.posts(of: Array(messages.dropFirst(posted)))
    }

    private static func parts(of turn: TurnRecord, in ledger: Ledger) throws -> [OutboxItem] {
        try ledger.outbox(ofTurn: turn.id).filter { $0.kind == .part }
    }

    /// Keeps the text that was shown, finishes growing messages with everything stored, and adds one note.
    ///
    /// - Parameters:
    ///   - decided: An answer with which the turn goes on at once.
    ///   - showsText: Otherwise the text is only kept in the transcript, and the note says so.
    private func close(
        _ turn: TurnRecord, continuedBy decided: AskRecord?, showsText: Bool, in ledger: Ledger
    ) throws {
        let now = self.environment.now()
        let open = try ledger.asks(of: turn).filter {
            $0.state == .open && $0.outlivesTurn && $0.expiresAt > now
        }.map(\.id)
        let frames = try ledger.frames(of: turn.id, after: 0)
        var answer = frames.filter { $0.kind == .execution }.map(\.content).joined()
        var traits = self.adapters.traits(of: turn.route.room)
        // The network is not connected yet, so whether it joins lines is seen by what was posted.
        traits.joined = try Self.parts(of: turn, in: ledger).contains { $0.message != nil } ? .standard : nil
        var poster = AnswerPoster(
            traits: traits.showing(turn.kind),
            renderer: self.adapters[turn.route.room.adapter]?.renderer ?? PlainRenderer())
        var rest: [String]
        if !showsText {
            rest = []
        } else if turn.kind == .run {
            answer = poster.recoverOutput(
                from: frames, after: try ledger.outbox(ofTurn: turn.id).count { $0.kind == .part })
            rest = answer.isEmpty ? [] : poster.rest(of: [])
        } else {
            rest = try self.unposted(of: turn, frames, &poster, in: ledger)
        }
        // A preview may show words that are in no frame yet; then its own text is final.
        if showsText, rest.isEmpty, poster.isGrowing, !poster.isDrafting {
            let previews = try ledger.outbox(ofTurn: turn.id).filter { $0.kind == .preview }
            rest = previews.filter { $0.reference != nil || $0.state == .unknown }.prefix(1).map(\.text)
        }
        // Of what was not yet an answer, live frames have the lines about pauses.
        let signs = TurnTexts.allThinking + frames.filter { $0.kind == .thinking }.suffix(5).map(\.content)
        let onlyThinks = rest.count == 1 && signs.contains { rest == poster.messages(for: $0) }
        let closing = TurnClosing(
            turn: turn, outcome: .interrupted, answer: answer, rest: DividedMessages(onlyThinks ? [] : rest),
            note: !showsText
                ? TurnTexts.answerGivenUp(sign: traits.sign)
                : decided.map { TurnTexts.interrupted(continuingWith: $0.id) }
                    ?? TurnOutcome.interrupted.note(of: turn, waitingFor: open, sign: traits.sign), steps: nil,
            thoughts: nil,
            isShortened: poster.isShortened,
            isNewlyShortened: false, excerpt: traits.excerptMessages, isUploading: false,
            surplus: !onlyThinks ? .kept : traits.capabilities.contains(.deletes) ? .removed : .blanked, usage: [],
            origin: UsageOrigin(repository: self.environment.settings.repositories.first), summary: nil,
            publicURL: self.environment.settings.publicURL, at: now)
        let sequence = (frames.last?.sequence ?? 0) + 1
        let write = { (closing: TurnClosing) throws -> Void in
            let last = LiveFrame(
                operation: turn.id, sequence: sequence, kind: .error, content: closing.lastFrame, timestamp: now)
            _ = try closing.write(to: ledger, frames: [last], poster: poster)
        }
        do {
            try ledger.connection.savepoint { try write(closing) }
        } catch let error as DatabaseError where !error.isPassing {
            // It would fail at each start, and the other turns with it.
            self.environment.logger.error(
                "the end of a turn cannot be stored", ["turn": .string(turn.id), "error": .string("\(error)")])
            try write(closing.withoutAnswer)
        }
        _ = try self.desk.leave(turn, in: ledger, at: now)
    }

    // MARK: Jobs

    /// Marks the jobs of the last run, whose processes ended with it or are out of reach, as interrupted, and reports those
    /// that ran beside the turns; a turn reports its own command.
    private func endJobs(in ledger: Ledger) throws {
        let now = self.environment.now()
        for record in try ledger.runningJobs(in: self.places) {
            let job = record.job
            try ledger.endJob(
                job.id, of: job.session, .interrupted, ending: TurnTexts.interruptedEnding, hasChanges: true, at: now)
            guard job.isBackground, let session = try ledger.session(id: job.session) else { continue }
            let text = try self.environment.speaking(to: session.owner, in: ledger) { TurnTexts.jobInterrupted(job) }
            try ledger.insertMessage(session: session.id, turn: job.turn, role: .note, text: text, at: now)
            let renderer = self.adapters[session.route.room.adapter]?.renderer ?? PlainRenderer()
            let poster = AnswerPoster(traits: self.adapters.traits(of: session.route.room), renderer: renderer)
            for message in poster.messages(for: text) {
                _ = try ledger.insertOutbox(
                    session: session.id, turn: job.turn, kind: .note, route: session.route, text: message, at: now)
            }
        }
    }
}
