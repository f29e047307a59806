internal import Chat

/// The steps of a turn that works with tools, in the thread.
extension Conversation {
    func take(_ steps: TurnSteps, of turn: TurnRecord) async throws {
        guard self.running?.turn.id == turn.id else { throw CancellationError() }
        self.running?.steps = steps
        if let line = steps.news { await self.context.hub.append(.thinking, line, to: turn.id) }
        guard let poster = self.running?.poster, poster.isGrowing, let answer = self.running?.growing else { return }
        await self.context.lanes.preview(answer, of: turn, rendering: poster)
    }
}

extension RunningTurn {
    /// What a growing message shows: the steps above the answer so far.
    var growing: [UInt8] {
        guard let steps = self.steps else {
            return self.answer.isEmpty && self.thoughts.isGoingOn ? Array(TurnTexts.thinking.utf8) : self.answer
        }
        return self.answer.isEmpty ? Array(steps.shown.utf8) : Array((steps.shown + "\n\n").utf8) + self.answer
    }

    /// The messages that close the answer; the folded steps are above it where it has grown by edits, else below.
    mutating func lastMessages() -> [String] {
        guard let steps = self.steps else { return self.poster.rest(of: self.answer) }
        guard self.poster.isGrowing else {
            return self.poster.rest(of: self.answer) + self.poster.messages(for: steps.folded)
        }
        return self.poster.rest(of: Array((steps.folded + "\n\n").utf8) + self.answer)
    }
}
