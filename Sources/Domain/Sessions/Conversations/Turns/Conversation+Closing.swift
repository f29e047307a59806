internal import Analytics
internal import Chat
internal import Delivery
internal import JSON
internal import Joining
internal import Logging
internal import Metrics
internal import Store
internal import Surroundings
internal import Telemetry
internal import Threads

/// How a turn is closed.
extension Conversation {
    /// Closes a turn in one transaction: last frames, state, the answer in the transcript and the messages still to be
    /// posted. Only the turn's own task gets here; after a crash ``Recovery`` closes the turn.
    @inline(never)  // a turn that still runs would have its memory
    func close(_ turn: TurnRecord, _ outcome: TurnOutcome) async {
        guard let running = self.running, running.turn.id == turn.id else { return }
        running.watchdog = nil
        if self.isDropped { return self.forget(running) }
        var outcome = outcome
        if let renewal = running.renewal.take() {
            if await self.beginAnew(running, after: renewal) { return }
            // Something else has ended it.
            outcome = running.outcome(orElse: .stopped)
            if self.isDropped { return self.forget(running) }
        }
        if running.isSuspended { return self.suspend(running) }
        (running.isAnswered, running.isClosing) = (true, true)
        let now = self.environment.now()
        let settings = self.environment.settings
        let traits = self.context.adapters.traits(of: turn.route.room)
        let wasShortened = running.poster.isShortened
        if let steps = running.steps, let cost = self.cost(of: running) {
            running.steps = TurnSteps(
                shown: steps.shown, folded: "\(steps.folded), \(BudgetTexts.about(cost))", news: steps.news)
        }
        let rest = running.lastMessages()
        // What a budget refused was not tried, so it has not failed.
        let counted: TurnRecord.State =
            running.isOutOfBudget && outcome != .complete ? .stopped : outcome.state
        let continuation = self.continuation(of: running)
        let closing = TurnClosing(
            turn: turn, outcome: outcome, answer: running.text, rest: rest,
            note: continuation == nil
                ? outcome.note(of: running.turn, waitingFor: self.asks.lasting, sign: traits.sign) : nil,
            steps: running.steps?.folded,
            thoughts: running.thoughts.record(at: now),
            isShortened: running.poster.isShortened,
            isNewlyShortened: !wasShortened && running.poster.isShortened && running.poster.output == nil,
            excerpt: traits.excerptMessages, isUploading: self.mayUpload(running.answer.count, to: turn.route.room),
            surplus: traits.capabilities.contains(.deletes) ? .removed : .blanked, usage: running.usage,
            origin: self.context.origin, firstText: running.firstText, duration: running.milliseconds,
            hasReply: running.hasReply, asker: self.asker(of: running, outcome, in: traits), counted: counted,
            summary: running.summary, context: running.context, publicURL: settings.publicURL, at: now)
        let frames = await self.context.hub.close(
            turn.id, with: outcome == .complete ? .complete : .error, closing.lastFrame)
        FaultPoint.turnClosing.hit()
        let poster = running.poster
        let isShown = poster.isGrowing ? await self.context.lanes.endPreview(of: turn) : false
        // If the answer can be sent at once, this transaction also marks its first message, which saves a second one.
        let room = turn.route.room
        let isReserved =
            closing.isPostedAtOnce && !isShown && !self.isPast ? await self.context.lanes.reserve(room) : false
        let asking = outcome == .complete ? running.asking : nil
        // Before it is stored, so that the next message is compared with it.
        if asking != nil {
            self.context.questions.add(self.key)
            self.context.questions.add(room)
        }
        let (items, lastFrames, asks, asked) = await self.store(
            closing, frames, by: poster, isReserved: isReserved, stopper: running.stopper, asking: asking,
            continuation: continuation)
        if self.isDropped { return self.forget(running) }
        FaultPoint.turnClosed.hit()
        self.conclude(asks)
        if let asked {
            self.watch(asked)
            self.noteAsked(asked)
        }
        self.remember(
            running.hasStaleHistory ? nil : running.admission, running.lines, answer: closing.answer,
            isLeftOut: outcome.isLeftOut)
        if isReserved {
            await self.context.lanes.dispatchReserved(items, to: room)
        } else {
            await self.context.lanes.dispatch(items)
        }
        if poster.isGrowing { await self.context.lanes.endClosing(of: turn) }
        await self.context.hub.publish(lastFrames)
        running.span?.set("jetbridge.turn.state", .string(outcome.state.rawValue))
        if counted == .failed || counted == .interrupted { running.span?.fail(outcome.state.rawValue) }
        self.forget(running)
        self.context.indexer.messagesWereStored()
        self.environment.metrics.count(.turns, ["state": counted.rawValue])
        let seconds = Self.seconds(since: running.startedAt)
        self.environment.metrics.observe(.turnSeconds, seconds: seconds)
        self.environment.logger.info(
            "a turn ended",
            [
                "operation": .string(turn.id), "thread": .string("\(self.key)"), "kind": .string(turn.kind.rawValue),
                "state": .string(outcome.state.rawValue), "seconds": .number(seconds),
                "bytes": JSON(running.answer.count),
            ])
    }

    /// Whom the end of a turn notifies: not the person who has ended it, and not before it continues or asks.
    private func asker(of running: RunningTurn, _ outcome: TurnOutcome, in traits: RoomTraits) -> String? {
        let isEnd = outcome != .stopped && outcome != .interrupted && running.asking == nil
        return isEnd && traits.capabilities.contains(.quiet) ? running.turn.route.recipient : nil
    }

    /// What continues an answer that is handed over to the next program, as if its person had said `resume`. Nil for a
    /// command, which never runs twice, and for one that waits for people, whose decision continues it.
    private func continuation(of running: RunningTurn) -> AdmissionWriting? {
        let turn = running.turn
        guard running.cut == .handedOver, !turn.kind.isWork, self.asks.lasting.isEmpty else { return nil }
        let now = self.environment.now()
        let message = InboundMessage(
            thread: self.key, route: turn.route, sender: turn.sender, text: CommandName.resume.rawValue, sentAt: now,
            isDirect: false, isAddressed: true, isChosen: true)
        return AdmissionWriting(
            question: Question(continuing: turn, by: message), key: self.key, turn: Identifier.make("op"),
            isFirst: false,
            note: nil, noteMessages: [], adapters: self.context.adapters, at: now)
    }

    /// Lets go of a turn that waits for people, without closing it: its asks stay open for the next start.
    private func suspend(_ running: RunningTurn) {
        for ask in self.asks.leave() { self.context.questions.end(ask) }
        self.forget(running)
    }

    /// The running turn has ended.
    func forget(_ running: RunningTurn) {
        running.watchdog = nil
        self.turns.end()
        running.span?.end()
        running.hasEnded()
        self.environment.metrics.adjust(.turnsActive, by: -1)
    }

    /// Stores the end of a turn, and returns what to send and to publish. What cannot be stored must not keep the thread
    /// busy: the turn then ends without its answer.
    private func store(
        _ closing: TurnClosing, _ frames: [LiveFrame], by poster: AnswerPoster, isReserved: Bool, stopper: Sender?,
        asking: AskWriting?, continuation: AdmissionWriting?
    ) async -> (items: [OutboxItem], frames: [LiveFrame], asks: [AskRecord], asked: AskRecord?) {
        let desk = self.desk
        typealias Written = (items: [OutboxItem], asks: [AskRecord], asked: AskRecord?)
        let write: @Sendable (TurnClosing, [LiveFrame], AskWriting?) async throws -> Written = {
            closing, frames, asking in
            try await self.retrying { ledger in
                let asks = try ledger.laterAsks(of: closing.turn)
                let items = try closing.write(to: ledger, frames: frames, poster: poster)
                if isReserved, let first = items.first { try ledger.beginSending(first.id) }
                let ended =
                    closing.outcome == .interrupted
                    ? try desk.leave(closing.turn, in: ledger, at: closing.at)
                    : try desk.end(asks(), stoppedBy: stopper, in: ledger, at: closing.at)
                // A new round of questions replaces the one that is open.
                let replaced =
                    asking?.isClarification == true
                    ? try desk.closeParked(
                        of: closing.turn.session, .clarify, by: closing.turn.sender, in: ledger, at: closing.at)
                    : (asks: [], items: [])
                let asked = try asking?.write(to: ledger)
                _ = try continuation?.write(to: ledger)
                return (
                    items + ended.items + replaced.items + (asked?.items ?? []), ended.asks + replaced.asks, asked?.ask
                )
            }
        }
        do {
            let (items, asks, asked) = try await write(closing, frames, asking)
            return (items, frames, asks, asked)
        } catch is PlaceLost {
            return ([], [], [], nil)
        } catch {
            self.environment.logger.error(
                "the end of a turn cannot be stored", ["turn": .string(closing.turn.id), "error": .string("\(error)")])
        }
        let failed = closing.withoutAnswer
        let last = frames.prefix(1).map { first in
            LiveFrame(
                operation: first.operation, sequence: first.sequence, kind: .error, content: failed.lastFrame,
                timestamp: first.timestamp)
        }
        do {
            let (items, asks, _) = try await write(failed, last, nil)
            return (items, last, asks, nil)
        } catch {
            // The next start closes it.
            self.environment.logger.error(
                "a turn cannot be closed", ["turn": .string(closing.turn.id), "error": .string("\(error)")])
            return ([], last, [], nil)
        }
    }

    /// Adds a closed turn to the cached history.
    private func remember(_ admission: Admission?, _ lines: [TurnLine], answer: String, isLeftOut: Bool) {
        // What another session says may change.
        guard let admission, admission.session.branch == nil else { return }
        // Entries of the turn that it continues are left out as well, so the next turn reads the history again.
        if isLeftOut, admission.turn.work != admission.turn.id { return }
        let surroundings = LineFrame.text(of: lines)
        var entries = isLeftOut ? [] : admission.question.map { [$0.with(surroundings: surroundings)] } ?? []
        var authors = Authors([admission.turn.sender])
        authors.add(lines)
        if !answer.isEmpty, !isLeftOut {
            let text = admission.turn.kind.isWork ? HistoryOutput.shortened(answer) : answer
            entries.append(HistoryEntry(id: admission.number * 2 + 1, role: .assistant, text: text))
        }
        self.context.histories.append(
            entries, by: authors, of: admission.turn.session, epoch: admission.session.epoch,
            turn: admission.number, after: admission.previous)
    }
}
