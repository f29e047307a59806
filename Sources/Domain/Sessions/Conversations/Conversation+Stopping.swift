internal import Chat

/// Stopping one turn without a message in the thread, as the web page's button does.
extension Conversation {
    /// Stops a running turn, or removes a waiting one from the queue; an ended one stays as it is.
    ///
    /// Returns when the turn has ended, or after two seconds if its work takes longer to end.
    func stop(_ turn: String, by sender: Sender?) async throws {
        if let running = self.running?.turn, running.id == turn {
            self.running?.stopper = sender
            self.end(turn, because: .stopped)
            try await self.endAsks(of: running, stoppedBy: sender)
            await self.waitForEnd(of: turn)
        } else if let index = self.queue.firstIndex(where: { $0.id == turn }) {
            try await self.leaveOut(self.queue.remove(at: index))
        } else if self.isBeginning {
            self.stopAtBegin = turn
        }
    }

    /// Ends a turn that was removed from the queue. Its question stays in the transcript, as with `stop all`.
    private func leaveOut(_ turn: TurnRecord) async throws {
        let now = self.environment.now()
        let reason = TurnTexts.droppedWhileWaiting
        self.context.lanes.reactions.mark(false, turn.route)
        let frames = await self.context.hub.close(turn.id, with: .error, reason)
        try await self.durably { ledger in
            try ledger.end(turn.id, .stopped, error: reason, at: now)
            try ledger.insert(frames)
        }
        await self.context.hub.publish(frames)
    }

    /// Stops a turn whose stop arrived while its beginning was being stored.
    func stopIfAsked(_ turn: String) {
        if self.stopAtBegin == turn { self.end(turn, because: .stopped) }
        self.stopAtBegin = nil
    }
}
