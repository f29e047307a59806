internal import Chat
internal import Delivery
internal import JSON
internal import Joining
internal import Logging
internal import Primitives
internal import Store
internal import Surroundings
internal import Telemetry
internal import Threads

/// How a question gets into its thread's queue and out of it, and how people change it while it waits.
extension Conversation {
    /// Stores a question as a turn, which begins at once when nothing runs.
    func enqueue(
        _ stored: StoredMessage, kind: TurnKind, text: String, work: String? = nil, role: MessageRecord.Role = .user
    ) async throws -> Submission? {
        let sign = self.sign(of: stored.message.route)
        guard let worker = self.context.workers[kind] else {
            return try await self.reply(to: stored, with: TurnTexts.noWorker)
        }
        if let refusal = worker.refusal(of: text) {
            return try await self.reply(to: stored, with: sign.completing(refusal))
        }
        if kind == .chat, work == nil, let joined = try await self.join(stored, text, by: worker) { return joined }
        let waiting = self.turns.waiting.count
        if waiting >= self.environment.settings.queueLimit {
            return try await self.reply(to: stored, with: TurnTexts.queueIsFull(waiting, sign: sign))
        }
        let question = Question(message: stored.message, kind: kind, text: text, work: work, role: role)
        return try await self.admit(question, event: stored.event, ahead: self.turns.ahead) { ledger, turn in
            try ledger.finishEvent(stored.number, turn: turn)
            return true
        }
    }

    /// Stores a question as a turn behind `ahead` others and begins it if `ahead` is zero.
    ///
    /// - Parameter enter: records the event in the same transaction; false for a repeat, which has no effect.
    /// - Parameter onStored: runs after that transaction, before anything of the turn.
    func admit(
        _ question: Question, event: String, ahead: Int, isArriving: Bool = false,
        enter: @escaping @Sendable (_ ledger: Ledger, _ turn: String) throws -> Bool,
        onStored: () async -> Void = {}
    ) async throws -> Submission? {
        let route = question.message.route
        // Whoever writes as soon as an answer is complete does not wait for it any more.
        let isNext = ahead == 0 || ahead == 1 && self.running?.isAnswered == true
        let note = isNext ? nil : TurnTexts.queued(ahead: ahead)
        // Where there are reactions, one replaces the note.
        let isMarked = note != nil && self.context.lanes.reactions.canMark(route)
        let isEditable = note != nil && self.canEdit(route)
        let count = self.turns.waitingMessages + 1
        let line = isMarked || self.queueNote.isShown ? nil : note.map { isEditable ? TurnTexts.waiting(count) : $0 }
        let writing = AdmissionWriting(
            question: question, key: self.key, turn: Identifier.make("op"),
            isFirst: ahead == 0 && !self.turns.isClosing,
            note: note, noteMessages: line.map { self.poster(for: route).messages(for: $0) } ?? [],
            adapters: self.context.adapters, at: self.environment.now(), beside: self.beside(question),
            role: self.roles, repository: self.environment.settings.repositories.first,
            classes: self.environment.settings.classes)
        if let span = Span.current { self.environment.tracer?.keep(span.context, for: writing.turn) }
        // Files are fetched first, which the thread shows.
        let storage = isArriving && question.message.attachments.isEmpty ? QuestionStorage() : nil
        let write: @Sendable (Ledger) throws -> Admission? = { ledger in
            guard try enter(ledger, writing.turn) else { return nil }
            let admission = try writing.write(to: ledger)
            // The store's thread does not wait for the turn. It begins at most once.
            if let storage, storage.begin() { Task { await self.begin(admission, before: storage) } }
            return admission
        }
        let stored: Admission?
        self.context.store.note(turn: writing.turn, in: self.hold.place)
        do {
            // An arriving message is not acknowledged yet: if it cannot be stored, the network repeats it.
            stored = try await isArriving ? self.write(write) : self.durably(write)
        } catch {
            storage?.end(isStored: false)
            self.giveUp(writing.turn)
            throw error
        }
        if isArriving { FaultPoint.eventStored.hit() }
        await onStored()
        guard let admission = stored else {
            storage?.end(isStored: false)
            self.giveUp(writing.turn)
            return nil
        }
        let turn = admission.turn
        FaultPoint.turnQueued.hit()
        self.environment.logger.info(
            "a message became a turn",
            [
                "operation": .string(turn.id), "event": .string(event), "thread": .string("\(self.key)"),
                "kind": .string(turn.kind.rawValue), "state": .string(turn.state.rawValue),
            ])
        await self.context.hub.begin(turn.id, session: turn.session, in: self.hold, showing: writing.frames)
        await self.context.lanes.dispatch(admission.items)
        let submission = Submission(message: turn.message ?? 0, operation: turn.id)
        if self.running?.turn.id == turn.id {
            // A second try of the transaction may have given other numbers.
            self.running?.admission = admission
            self.hasBegun(turn)
            storage?.end(isStored: true)
            return submission
        }
        // From here on it does not begin by itself.
        storage?.end(isStored: true)
        if turn.state == .running, self.turns.mayBegin {
            self.begin(turn, admission)
        } else {
            self.turns.append(turn)
            if line != nil, let note = admission.items.first(where: { $0.kind == .waiting }) {
                self.queueNote.show(note, saying: count, isEditable: isEditable)
            }
            await self.noteWaiting()
            // The running turn may have ended while this one was stored.
            await self.beginNext()
            if isMarked, self.turns.waiting.contains(where: { $0.id == turn.id }) {
                self.context.lanes.reactions.mark(true, turn.route)
            }
        }
        return submission
    }

    /// Begins a turn while its question is on its way to the disk, so that the model has got it by then.
    private func begin(_ admission: Admission, before storage: QuestionStorage) {
        guard !storage.hasEnded, admission.turn.state == .running, self.turns.mayBegin else { return }
        self.begin(admission.turn, admission, before: storage)
    }

    /// Forgets a turn that has begun, but whose question could not be stored.
    private func giveUp(_ turn: String) {
        guard let running = self.running, running.turn.id == turn else { return }
        running.task?.cancel()
        self.forget(running)
    }

    /// Queues a stored turn again when the host starts. Returns the turn that begins, if one does:
    /// ``begin(next:isMarked:)`` must follow.
    ///
    /// - Parameter last: The number of its last frame.
    func restore(_ turn: TurnRecord, after last: Int64) async -> TurnRecord? {
        // Without the thread, its next host restores the turn.
        guard self.context.store.held.isCurrent(self.hold) else {
            self.drop()
            return nil
        }
        await self.context.hub.begin(turn.id, session: turn.session, in: self.hold, next: last + 1)
        await self.findQueueNote(of: turn)
        self.turns.append(turn)
        return self.turns.next()
    }

    /// Leaves waiting turns to the next start.
    func beginNoMore() { self.turns.close() }

    /// Begins no more turns, and gives the running one until `deadline` to end.
    func close(by deadline: ContinuousClock.Instant, because cut: RunningTurn.Cut = .shutdown) async {
        self.beginNoMore()
        self.stopFollowing()
        guard let running = self.running else { return }
        if running.clock.isStopped { self.end(running.turn.id, because: .shutdown) }
        await running.addWaiter().wait(upTo: deadline - .now)
        self.end(running.turn.id, because: cut)
        await running.task?.value
    }

    /// Begins the oldest waiting turn when nothing runs.
    func beginNext() async {
        if let turn = self.turns.next() { await self.begin(next: turn) }
    }

    /// Begins the turn that ``TurnQueue/next()`` has returned.
    ///
    /// - Parameter isMarked: It is stored as running.
    func begin(next turn: TurnRecord, isMarked: Bool = false) async {
        await self.unmark(turn)
        if !isMarked {
            let now = self.environment.now()
            // Without the thread, its next host begins the turn.
            _ = try? await self.persistently { ledger in
                try ledger.start(turn.id, attempts: turn.attempts + 1, at: now)
            }
        }
        if self.turns.begun(turn) { self.begin(turn) }
    }

    // MARK: Changes

    /// Changes a waiting turn and ends the change's inbox entry.
    func apply(_ stored: StoredChange) async throws -> Submission? {
        let change = stored.change
        guard let turn = self.turns.turn(changedBy: change) else {
            if try await self.beginAnew(after: stored) { return nil }
            switch change {
            case .deletion: return try await self.strike(stored)
            case .edit(let edit): return try await self.rewrite(edit, stored)
            }
        }
        if turn.parts.count > 1 { return try await self.apply(stored, toPartOf: turn) }
        guard case .edit(let edit) = change else {
            return try await self.drop(turn, because: TurnTexts.deleted) { ledger in
                try ledger.finishEvent(stored.number, turn: nil)
                return nil
            }
        }
        let sign = self.context.adapters.traits(of: edit.reference.room).sign.character
        switch EditedTurn.determine(edit.text, for: turn, sign: sign) {
        case .unchanged: return try await self.finish(stored.number)
        case .question(let text):
            // Before the write, so that a turn that begins in between uses the stored text.
            self.turns.update(turn.with(text: text))
            try await self.durably { ledger in
                try ledger.edit(turn, written: edit.text, asked: text)
                try ledger.finishEvent(stored.number, turn: nil)
            }
            return nil
        case .message:
            let message = EditedTurn.message(of: turn, reading: edit, in: self.key)
            let renewed = try await self.drop(turn, because: TurnTexts.editedIntoAnother) { ledger in
                try ledger.renew(stored, as: message)
            }
            return try await self.handle(
                renewed, self.context.intents.intent(of: renewed.message, role: renewed.role))
        }
    }

    /// Takes out what a deleted message said, and ends the turn that it began if that still runs.
    private func strike(_ stored: StoredChange) async throws -> Submission? {
        let struck = try await self.durably { ledger in
            let turn = try ledger.strike(stored.change.reference)
            try ledger.finishEvent(stored.number, turn: nil)
            return turn
        }
        guard let struck else { return nil }
        self.context.histories.forget(struck.session)
        if let running = self.running, running.turn.id == struck.id {
            let text = struck.parts.count > 1 ? struck.text : TurnTexts.deletedByAuthor
            running.turn = struck.with(text: text, attachments: [], images: [])
            // It has the question for the next prompt.
            running.admission = nil
            self.end(struck.id, because: .stopped)
        }
        return nil
    }

    /// Takes a turn out of the queue and ends it.
    private func drop<Value: Sendable>(
        _ turn: TurnRecord, because reason: String, entering enter: @escaping @Sendable (Ledger) throws -> Value
    ) async throws -> Value {
        let now = self.environment.now()
        _ = self.turns.remove { $0.id == turn.id }
        await self.unmark(turn)
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
