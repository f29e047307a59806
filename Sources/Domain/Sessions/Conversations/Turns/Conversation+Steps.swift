internal import Chat

/// The steps of a turn that works with tools, in the thread.
extension Conversation {
    func take(_ steps: TurnSteps, of turn: TurnRecord) async throws {
        guard self.running?.turn.id == turn.id else { throw CancellationError() }
        self.running?.steps = steps
        if let line = steps.news { await self.context.hub.append(.thinking, line, to: turn.id) }
        try await self.postText(of: turn)
        await self.showGrowing(turn)
    }

    /// Shows the running turn's state where messages can be edited.
    func showGrowing(_ turn: TurnRecord) async {
        guard self.running?.turn.id == turn.id, let poster = self.running?.poster, poster.isGrowing,
            let (answer, divisions) = self.running?.growing
        else { return }
        await self.context.lanes.preview(answer, dividedAt: divisions, of: turn, rendering: poster)
    }

    /// Posts what the turn has said so far, where nothing can be edited: it belongs above what follows.
    func postText(of turn: TurnRecord) async throws {
        guard let running = self.running, running.turn.id == turn.id, running.poster.canAppend,
            running.poster.output == nil
        else { return }
        let wasShortened = running.poster.isShortened
        let messages = self.running?.poster.rest(of: running.answer) ?? []
        let isCut = !wasShortened && self.running?.poster.isShortened == true
        if !messages.isEmpty || isCut { try await self.post(messages, of: turn, isExcerpt: isCut) }
    }

    /// Before a question or a commit is posted: what the turn says from here on is a message below it.
    func divideAnswer(of turn: TurnRecord) async {
        guard self.running?.turn.id == turn.id, self.running?.divide() == true else { return }
        await self.showGrowing(turn)
    }
}

extension RunningTurn {
    /// False if nothing is shown that could be divided.
    mutating func divide() -> Bool {
        guard self.poster.isGrowing, self.poster.output == nil else { return false }
        let last = self.divisions.last
        let hasText = self.answer[(last ?? 0)...].contains { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }
        guard hasText || last == nil && self.steps != nil else { return false }
        self.divisions.append(self.answer.count)
        return true
    }

    /// What a growing answer shows: the steps above what was said so far. Only work with tools is divided.
    var growing: (answer: [UInt8], divisions: [Int]) {
        guard let steps = self.steps else {
            let isThinking = self.answer.isEmpty && self.thoughts.isGoingOn
            return (isThinking ? Array(TurnTexts.thinking.utf8) : self.answer, [])
        }
        return self.below(steps.shown)
    }

    private func below(_ steps: String) -> (answer: [UInt8], divisions: [Int]) {
        if self.answer.isEmpty { return (Array(steps.utf8), []) }
        let head = Array((steps + "\n\n").utf8)
        return (head + self.answer, self.divisions.map { $0 + head.count })
    }

    /// The messages that close the answer; the folded steps are above it where it has grown by edits, else below.
    mutating func lastMessages() -> [String] {
        guard let steps = self.steps else { return self.poster.rest(of: self.answer) }
        guard self.poster.isGrowing else {
            return self.poster.rest(of: self.answer) + self.poster.messages(for: steps.folded)
        }
        let (answer, divisions) = self.below(steps.folded)
        return self.poster.rest(of: answer, dividedAt: divisions)
    }
}
