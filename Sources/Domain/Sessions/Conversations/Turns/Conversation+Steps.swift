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
    func divideAnswer(of turn: TurnRecord, by items: [OutboxItem]) async {
        guard self.running?.turn.id == turn.id else { return }
        let isDivided = self.running?.divide(by: items) ?? false
        if isDivided || !items.isEmpty { await self.showGrowing(turn) }
    }
}

extension RunningTurn {
    /// False if nothing is shown that could be divided.
    func divide(by items: [OutboxItem]) -> Bool {
        guard self.poster.isGrowing, self.poster.output == nil else { return false }
        defer { self.divisions.place(items) }
        let last = self.divisions.ends.last
        let hasText = self.answer[(last ?? 0)...].contains { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }
        guard hasText || last == nil && self.steps != nil else { return false }
        self.divisions.divide(at: self.answer.count)
        return true
    }

    /// What a growing answer shows: the steps above what was said so far.
    var growing: (answer: [UInt8], divisions: AnswerDivisions) {
        guard let steps = self.steps else {
            let isThinking = self.answer.isEmpty && self.thoughts.isGoingOn
            return isThinking
                ? (Array(TurnTexts.thinking.utf8), AnswerDivisions()) : (self.answer, self.divisions)
        }
        return self.below(steps.shown)
    }

    private func below(_ steps: String) -> (answer: [UInt8], divisions: AnswerDivisions) {
        let head = Array((self.answer.isEmpty ? steps : steps + "\n\n").utf8)
        return (head + self.answer, self.divisions.moved(by: head.count))
    }

    /// The messages that close the answer; the folded steps are above it where it has grown by edits, else below.
    func lastMessages() -> DividedMessages {
        guard self.poster.isGrowing, self.poster.output == nil else {
            let folded = self.steps.map { self.poster.messages(for: $0.folded) } ?? []
            return DividedMessages(self.poster.rest(of: self.answer) + folded)
        }
        let (answer, divisions) = self.steps.map { self.below($0.folded) } ?? (self.answer, self.divisions)
        return self.poster.rest(of: answer, dividedAt: divisions)
    }
}
