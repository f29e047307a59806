internal import Chat
internal import Delivery
internal import Files
internal import JSON
internal import Joining
internal import Logging
internal import Store
internal import Surroundings
internal import Threads

/// Several messages of one person that are one turn.
extension Conversation {
    /// Adds a question to the turn of its person that waits already, or runs and has shown nothing yet. Nil if none does, or it
    /// may not become so long.
    func join(_ stored: StoredMessage, _ text: String, by worker: any TurnWorker) async throws -> Submission? {
        guard self.turns.waiting.contains(where: { $0.sender.id == stored.message.sender.id }) else {
            return try await self.joinRunning(stored, text, by: worker)
        }
        guard let waiting = self.turns.hold(for: stored.message) else { return nil }
        let joined: (turn: TurnRecord, message: Int64)?
        do {
            joined = try await self.store(stored, text, joining: waiting, in: [.queued], by: worker)
        } catch {
            await self.release(nil)
            throw error
        }
        let isWaiting = await self.release(joined?.turn)
        guard let joined else { return nil }
        FaultPoint.turnJoined.hit()
        let route = stored.message.route
        if isWaiting, self.context.lanes.reactions.canMark(route) { self.context.lanes.reactions.mark(true, route) }
        await self.noteWaiting()
        return Submission(message: joined.message, operation: joined.turn.id)
    }

    private func joinRunning(
        _ stored: StoredMessage, _ text: String, by worker: any TurnWorker
    ) async throws -> Submission? {
        guard let running = self.running, JoinRules.mayJoin(stored.message, running.turn), self.mayBeginAnew(running),
            JoinRules.mayBe(
                running.turn.joined(by: stored.message, asked: text), fileLimit: Uploads.count, refusal: worker.refusal)
        else { return nil }
        let turn = running.turn
        let joined = try await self.beginAnew(running, as: { $0?.turn }) {
            try await self.store(stored, text, joining: turn, in: [.running], by: worker)
        }
        guard let joined else { return nil }
        FaultPoint.turnJoined.hit()
        return Submission(message: joined.message, operation: turn.id)
    }

    private func store(
        _ stored: StoredMessage, _ text: String, joining turn: TurnRecord, in states: Set<TurnRecord.State>,
        by worker: any TurnWorker
    ) async throws -> (turn: TurnRecord, message: Int64)? {
        let now = self.environment.now()
        let enclosed = self.beside(Question(message: stored.message, kind: .chat, text: text)).lines
        let roles = self.roles
        // What was read for the running turn is stored before more is added.
        if self.running?.turn.id == turn.id { _ = await self.running?.keeping?.isStored() }
        let joined = try await self.durably { ledger in
            let joined = try ledger.join(stored.message, asked: text, to: turn.id, in: states, at: now) { turn in
                JoinRules.mayBe(turn, fileLimit: Uploads.count, refusal: worker.refusal)
            }
            guard joined != nil else { return joined }
            try ledger.add(enclosed, to: turn, role: roles)
            try ledger.finishEvent(stored.number, turn: turn.id)
            return joined
        }
        guard let joined else { return nil }
        self.environment.logger.info(
            "a message joined a turn",
            [
                "operation": .string(turn.id), "event": .string(stored.event), "thread": .string("\(self.key)"),
                "messages": JSON(joined.turn.parts.count),
            ])
        return joined
    }

    /// Applies a change to one of the messages of a waiting turn.
    func apply(_ stored: StoredChange, toPartOf turn: TurnRecord) async throws -> Submission? {
        let sign = self.context.adapters.traits(of: turn.route.room).sign.character
        self.turns.hold(turn)
        let changed: PartChange
        do {
            changed = try await self.durably { ledger in
                try ledger.apply(stored, toPartOf: turn, sign: sign)
            }
        } catch {
            await self.release(nil)
            throw error
        }
        if changed.turn.parts.count < turn.parts.count {
            self.context.lanes.reactions.mark(false, turn.route.answering(stored.change.reference.id))
        }
        await self.release(changed.turn)
        await self.noteWaiting()
        guard let renewed = changed.renewed else { return nil }
        return try await self.handle(renewed, self.context.intents.intent(of: renewed.message, role: renewed.role))
    }

    // MARK: Beginning anew

    private func mayBeginAnew(_ running: RunningTurn) -> Bool {
        !self.turns.isClosing && running.mayBeginAnew(at: self.environment.now())
    }

    /// Applies a change to the running turn if nothing of its answer was seen yet, and begins it anew. False if that may not be.
    func beginAnew(after stored: StoredChange) async throws -> Bool {
        let change = stored.change
        guard let running = self.running, case let turn = running.turn, turn.kind == .chat,
            turn.route.room == change.reference.room, turn.answers(change.reference.id),
            change.counts(for: turn.sender), self.mayBeginAnew(running)
        else { return false }
        let sign = self.context.adapters.traits(of: turn.route.room).sign.character
        switch change {
        // Without another message nothing is left to answer.
        case .deletion: guard turn.parts.count > 1 else { return false }
        case .edit(let edit):
            guard case .question(let text) = EditedTurn.determine(edit.text, for: turn, sign: sign),
                turn.asked(by: change.reference.id).map({ EditedTurn.differ($0, text) }) != false
            else { return false }
        }
        _ = try await self.beginAnew(running, as: { $0.turn }) {
            try await self.durably { ledger in try ledger.apply(stored, toPartOf: turn, sign: sign) }
        }
        return true
    }

    /// Ends the running turn without a trace, and begins it anew once `store` has stored what has changed.
    private func beginAnew<Change: Sendable>(
        _ running: RunningTurn, as turn: (Change) -> TurnRecord?, storing store: () async throws -> Change
    ) async throws -> Change {
        let renewal = SingleResult<TurnRecord?>()
        running.renewal = renewal
        self.end(running.turn.id, because: .renewed)
        do {
            let change = try await store()
            renewal.resume(with: .success(turn(change)))
            return change
        } catch {
            renewal.resume(with: .success(nil))
            throw error
        }
    }

    /// Begins a turn anew that has ended for that. False if it was stopped in the meantime.
    func beginAnew(_ running: RunningTurn, after renewal: SingleResult<TurnRecord?>) async -> Bool {
        let changed = (try? await renewal.value()) ?? nil
        // The history gets its question from storage.
        running.admission = nil
        if let changed { running.turn = changed }
        guard running.cut == .renewed, !self.isDropped else { return false }
        self.forget(running)
        self.begin(running.turn)
        self.running?.replaces(running)
        return true
    }

    /// Lets the waiting turn begin that was held while a change of it was stored. Returns whether it waits on.
    @discardableResult
    private func release(_ changed: TurnRecord?) async -> Bool {
        self.turns.release(changed)
        await self.beginNext()
        return changed.map { turn in self.turns.waiting.contains { $0.id == turn.id } } ?? false
    }

    /// Takes the marks off a turn's messages, which wait no more.
    func unmark(_ turn: TurnRecord) async {
        for route in turn.routes { self.context.lanes.reactions.mark(false, route) }
        await self.noteWaiting()
    }

    /// Whether a line of the bot can say at any time how many messages wait.
    func canEdit(_ route: Route) -> Bool {
        self.context.adapters[route.room.adapter] is any EditingAdapter
            && self.context.adapters.traits(of: route.room).capabilities.contains(.edits)
    }

    /// Finds the note again when a restart has left a turn waiting.
    func findQueueNote(of turn: TurnRecord) async {
        guard !self.queueNote.isShown, turn.startedAt == nil, self.canEdit(turn.route),
            !self.turns.waiting.contains(where: { $0.startedAt == nil })
        else { return }
        let note = try? await self.context.store.read { ledger in
            try ledger.queueNote(of: turn.session, forTurnQueuedAt: turn.queuedAt)
        }
        if let note, !self.queueNote.isShown { self.queueNote.find(note) }
    }

    /// Makes the note state how many messages wait now.
    func noteWaiting() async {
        guard let edit = self.queueNote.edit(for: self.turns.waitingMessages), !self.isPast else { return }
        let note = edit.note
        let now = self.environment.now()
        guard let text = self.poster(for: note.route).messages(for: TurnTexts.waiting(edit.count)).first else { return }
        // Nobody misses a number that cannot be stored.
        let item = try? await self.write { ledger in
            try ledger.insertOutbox(
                session: note.session, turn: note.turn, kind: .outcome, route: note.route, text: text,
                message: note.id, at: now)
        }
        if let item { await self.context.lanes.dispatch([item]) }
    }
}
