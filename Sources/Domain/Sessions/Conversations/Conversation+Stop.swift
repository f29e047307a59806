internal import Chat
internal import Delivery
internal import Joining
internal import People
internal import Primitives
internal import Store
internal import Threads

/// How a person stops a turn: the running answer ends, or what is still unsent of the last one is dropped.
extension Conversation {
    /// What a person may stop: a guest only answers to their own messages, everybody else any.
    private struct Right {
        let role: Role?
        let sender: String

        func covers(_ turn: TurnRecord) -> Bool {
            self.role.map { $0 >= .member } == true || turn.sender.id == self.sender
        }
    }

    func stop(_ argument: String, for stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        let right = Right(role: stored.role, sender: stored.message.sender.id)
        var (text, buttons) = (CommandTexts.nothingRuns, [MessageButton]())
        var stopped = self.running.flatMap { right.covers($0.turn) ? $0 : nil }
        // What has ended cannot be stopped any more; its unsent rest can be dropped, once it is stored.
        if let ending = stopped, ending.isClosing {
            await self.waitForEnd(of: ending)
            if self.running !== ending { stopped = nil }
        }
        let hasEnded = stopped == nil && self.running.map { right.covers($0.turn) } != false
        if !self.followers.isEmpty { text = CommandTexts.followingStopped }
        self.stopFollowing()
        if let stopped {
            stopped.hasReply = true
            try await self.stop(stopped, by: stored.message.sender)
            (text, buttons) =
                stopped.turn.kind.isWork
                ? (TurnTexts.commandStopped, []) : (CommandTexts.stopped(sign: sign), [TurnOutcome.resume])
        } else if !hasEnded {
            text = CommandTexts.notYours
        } else {
            let hasLeftovers = try await self.endLeftovers(right)
            if let unsent = try await self.dropUnsent(right, sign: sign) { text = unsent }
            if hasLeftovers { text = CommandTexts.stoppedLeftovers }
        }
        if self.running == nil, let closed = try await self.closeQuestions(stored, right) { text = closed }
        let dropped = argument.lowercased() == "all" ? self.turns.removeAll(where: right.covers) : []
        if !dropped.isEmpty { text += " " + CommandTexts.dropped(dropped.count) }
        let waiting = self.turns.waiting.count(where: right.covers)
        if waiting > 0 { text += " " + CommandTexts.stillWaiting(waiting, sign: sign) }
        // What was said belongs above this reply.
        if let stopped { await self.waitForEnd(of: stopped) }
        return try await self.reply(to: stored, with: text, offering: buttons, dropping: dropped, ended: stopped?.turn)
    }

    /// Closes the open questions that no turn waits for. Nil if there is none, or the person may not.
    private func closeQuestions(_ stored: StoredMessage, _ right: Right) async throws -> String? {
        guard right.role.map({ $0 >= .member }) == true, self.context.questions.mayExist(in: self.key) else {
            return nil
        }
        let now = self.environment.now()
        let desk = self.desk
        let key = self.key
        let sender = stored.message.sender
        let closed = try await self.durably { ledger in
            try ledger.session(for: key).map { session in
                try desk.closeParked(of: session.id, by: sender, in: ledger, at: now)
            }
        }
        guard let closed, !closed.asks.isEmpty else { return nil }
        await self.context.lanes.dispatch(closed.items)
        self.conclude(closed.asks)
        return AskTexts.closed(closed.asks)
    }

    private func reply(
        to stored: StoredMessage, with text: String, offering buttons: [MessageButton], dropping dropped: [TurnRecord],
        ended: TurnRecord?
    ) async throws -> Submission? {
        let now = self.environment.now()
        let reason = TurnTexts.droppedWhileWaiting
        var frames: [LiveFrame] = []
        for turn in dropped { await self.unmark(turn) }
        for turn in dropped { frames += await self.context.hub.close(turn.id, with: .error, reason) }
        let last = frames
        let submission = try await self.respond(to: stored) { ledger, _ in
            for turn in dropped { try ledger.end(turn.id, .stopped, error: reason, at: now) }
            try ledger.insert(last)
            let isSaid =
                try text == TurnTexts.commandStopped && ended.map { try Self.saysStopped($0, in: ledger) } == true
            return Response(text: text, buttons: buttons, isPosted: !isSaid)
        }.submission
        await self.context.hub.publish(frames)
        return submission
    }

    /// Whether a command's output already ends with the same word, above its exit line.
    private static func saysStopped(_ turn: TurnRecord, in ledger: Ledger) throws -> Bool {
        let answer = try ledger.text(of: .assistant, ofTurn: turn) ?? ""
        let end = String(decoding: answer.utf8.suffix(1_024), as: UTF8.self)
        let paragraphs = end.split(separator: "\n\n")
        return paragraphs.dropLast().last?.hasPrefix(TurnTexts.commandStopped) == true
    }

    /// Ends what the thread's commands left running. False if there was nothing.
    private func endLeftovers(_ right: Right) async throws -> Bool {
        guard let desk = self.context.desk, right.role.map({ $0 >= CommandName.run.role }) == true,
            let session = try await self.storedSession()
        else { return false }
        return await desk.endLeftovers(of: session.id)
    }

    /// Drops the unsent rest of a finished answer; of a command's output the exit line stays. Returns the reply, nil if
    /// everything was sent.
    private func dropUnsent(_ right: Right, sign: CommandSign) async throws -> String? {
        let key = self.key
        return try await self.durably { ledger in
            guard let session = try ledger.session(for: key), let last = try ledger.lastAnswer(of: session.id) else {
                return nil
            }
            guard right.covers(last) else {
                return try ledger.hasPending(ofTurn: last.id) ? CommandTexts.notYours : nil
            }
            let isOutput = last.kind == .run
            let dropped = try ledger.dropPending(ofTurn: last.id, keeping: 0, last: isOutput ? 1 : 0)
            guard !dropped.isEmpty else { return nil }
            return isOutput ? CommandTexts.stoppedOutput : CommandTexts.stoppedUnsent(sign: sign)
        }
    }

    // MARK: One turn

    /// Stops a running turn, or removes a waiting one from the queue; an ended one stays as it is. Unlike the command, it
    /// leaves no message in the thread, as the web page's button wants it.
    ///
    /// Returns when the turn has ended, or after two seconds if its work takes longer to end.
    func stop(_ turn: String, by sender: Sender?) async throws {
        switch self.turns.stop(turn) {
        case .running(let running):
            try await self.stop(running, by: sender)
            await self.waitForEnd(of: running)
        case .waiting(let turn): try await self.leaveOut(turn)
        case .none:
            // It may follow a job.
            guard let follower = self.followers[turn]?.task else { return }
            follower.cancel()
            let end = Signal()
            // Unstructured: it ends with the follower, which on a full disk waits for its last message.
            Task {
                await follower.value
                end.signal()
            }
            await end.wait(upTo: .seconds(2))
        }
    }

    /// Stops the running turn for a `stop` that cannot be stored. False if the person may not, or nothing runs.
    func stop(by sender: Sender, as role: Role?) -> Bool {
        guard let running = self.running, Right(role: role, sender: sender.id).covers(running.turn) else {
            return false
        }
        running.stopper = sender
        self.end(running.turn.id, because: .stopped)
        return true
    }

    /// Ends everything: its person's identity has ended. The session has `key` now.
    func end(as key: ThreadKey, _ asks: [AskRecord]) async throws {
        self.isPast = true
        self.key = key
        self.stopFollowing()
        self.conclude(asks)
        for turn in self.turns.removeAll(where: { _ in true }) { try await self.leaveOut(turn) }
        if let running = self.running { try await self.stop(running, by: nil) }
    }

    /// Ends what somebody has here whose access an owner has taken away or lowered. What waits keeps waiting with a
    /// lower role: that is checked again when it begins.
    func apply(_ change: AccessChange) async throws {
        let access = self.context.access
        let isTheirs: (TurnRecord) -> Bool = { change.concerns($0.sender) }
        let isOut: (TurnRecord) -> Bool = { isTheirs($0) && access.role(of: $0.sender) == nil }
        for turn in self.turns.removeAll(where: isOut) { try await self.leaveOut(turn, TurnTexts.accessRemoved) }
        if let running = self.running, isTheirs(running.turn) {
            try await self.stop(running, by: change.actor)
            await self.waitForEnd(of: running)
        }
    }

    /// Ends a turn that was removed from the queue. Its question stays in the transcript, as with `stop all`.
    private func leaveOut(_ turn: TurnRecord, _ reason: String = TurnTexts.droppedWhileWaiting) async throws {
        let now = self.environment.now()
        await self.unmark(turn)
        let frames = await self.context.hub.close(turn.id, with: .error, reason)
        try await self.durably { ledger in
            try ledger.end(turn.id, .stopped, error: reason, at: now)
            try ledger.insert(frames)
        }
        await self.context.hub.publish(frames)
    }

    private func stop(_ running: RunningTurn, by sender: Sender?) async throws {
        running.stopper = sender
        self.end(running.turn.id, because: .stopped)
        try await self.endAsks(of: running.turn, stoppedBy: sender)
    }

    /// Waits briefly until a turn that was stopped is closed: `stop` is answered no matter how long the work takes to end.
    private func waitForEnd(of stopped: RunningTurn) async {
        guard self.running === stopped else { return }
        await stopped.addWaiter().wait(upTo: .seconds(2))
    }
}
