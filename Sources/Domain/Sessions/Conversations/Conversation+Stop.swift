internal import Chat

/// `stop`: ends the running answer, or drops what is still unsent of the last one.
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
        let stopped = self.running.flatMap { right.covers($0.turn) ? $0.turn : nil }
        self.stopFollowing()
        if let stopped {
            self.running?.stopper = stored.message.sender
            self.end(stopped.id, because: .stopped)
            try await self.endAsks(of: stopped.id, stoppedBy: stored.message.sender)
            (text, buttons) =
                CommandName.isWork(stopped.kind)
                ? (TurnTexts.commandStopped, []) : (CommandTexts.stopped(sign: sign), [TurnOutcome.resume])
        } else if self.running != nil {
            text = CommandTexts.notYours
        } else if let isDropped = try await self.dropUnsent(right) {
            text = isDropped ? CommandTexts.stoppedUnsent(sign: sign) : CommandTexts.notYours
        }
        if self.running == nil, let closed = try await self.closeQuestions(stored, right) { text = closed }
        let dropped = argument.lowercased() == "all" ? self.queue.filter(right.covers) : []
        self.queue.removeAll { turn in dropped.contains { $0.id == turn.id } }
        if !dropped.isEmpty { text += " " + CommandTexts.dropped(dropped.count) }
        let waiting = self.queue.count(where: right.covers)
        if waiting > 0 { text += " " + CommandTexts.stillWaiting(waiting, sign: sign) }
        // What was said belongs above this reply.
        if let stopped { await self.waitForEnd(of: stopped.id) }
        return try await self.reply(to: stored, with: text, offering: buttons, dropping: dropped)
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
        to stored: StoredMessage, with text: String, offering buttons: [MessageButton], dropping dropped: [TurnRecord]
    ) async throws -> Submission? {
        let now = self.environment.now()
        let reason = TurnTexts.droppedWhileWaiting
        var frames: [LiveFrame] = []
        for turn in dropped { self.context.marks.set(false, on: turn.route) }
        for turn in dropped { frames += await self.context.hub.close(turn.id, with: .error, reason) }
        let last = frames
        let submission = try await self.reply(to: stored, with: text, offering: buttons) { ledger, _ in
            for turn in dropped { try ledger.end(turn.id, .stopped, error: reason, at: now) }
            try ledger.insert(last)
        }
        await self.context.hub.publish(frames)
        return submission
    }

    /// Drops the unsent rest of a finished answer. False if the person may not stop it, nil if everything was sent.
    private func dropUnsent(_ right: Right) async throws -> Bool? {
        let key = self.key
        return try await self.durably { ledger in
            guard let session = try ledger.session(for: key), let last = try ledger.lastAnswer(of: session.id) else {
                return nil
            }
            guard right.covers(last) else { return try ledger.hasPending(ofTurn: last.id) ? false : nil }
            return try ledger.dropPending(ofTurn: last.id, keeping: 0).isEmpty ? nil : true
        }
    }
}
