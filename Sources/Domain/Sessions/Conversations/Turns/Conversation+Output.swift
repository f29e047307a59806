internal import Chat

/// Output of commands. Live frames have it raw; the transcript and the room have it as plain lines in code blocks.
extension Conversation {
    func take(_ output: CommandOutput, of turn: TurnRecord) async throws {
        guard turn.kind == CommandName.run.rawValue else {
            return try await self.takeText(try self.composed(output, for: turn), of: turn)
        }
        let messages = try self.add(output, to: turn)
        let kind: LiveFrame.Kind = output.stream == .standardError ? .errorOutput : .execution
        await self.context.hub.append(kind, output.text, to: turn.id)
        FaultPoint.firstText.hit()
        try await self.show(messages, of: turn)
    }

    /// Takes words about a command, such as its exit line. They are no output, so no `execution` frame has them.
    func takeWords(_ text: String, of turn: TurnRecord) async throws {
        let messages = try self.add(words: text, to: turn)
        await self.context.hub.append(.thinking, text, to: turn.id)
        try await self.show(messages, of: turn)
    }

    private func show(_ messages: [String], of turn: TurnRecord) async throws {
        if let poster = self.running?.poster, poster.isGrowing {
            await self.context.lanes.preview([], of: turn, rendering: poster)
        }
        if !messages.isEmpty { try await self.post(messages, of: turn, isExcerpt: false) }
    }

    /// Output in an answer that has other text too, as Markdown: whole blocks, because text may follow.
    private func composed(_ output: CommandOutput, for turn: TurnRecord) throws -> String {
        var composer = OutputComposer()
        let lines = composer.append(output) + composer.flush()
        return "\n\n" + composer.markdown(for: lines) + composer.close() + "\n"
    }

    private func add(_ output: CommandOutput, to turn: TurnRecord) throws -> [String] {
        guard let running = self.running, running.turn.id == turn.id else { throw CancellationError() }
        if !running.hasFirstText {
            running.hasFirstText = true
            self.environment.metrics.observe(
                .firstTokenSeconds, seconds: Self.seconds(since: running.startedAt))
        }
        return running.add(output)
    }

    private func add(words: String, to turn: TurnRecord) throws -> [String] {
        guard let running = self.running, running.turn.id == turn.id else { throw CancellationError() }
        return running.add(words: words)
    }
}

extension RunningTurn {
    /// Adds output. Returns the messages that are due.
    func add(_ output: CommandOutput) -> [String] {
        let lines = self.output.append(output)
        self.answer.append(contentsOf: self.output.markdown(for: lines).utf8)
        let messages = self.poster.append(lines)
        self.poster.output?.partial = self.output.partial
        return messages
    }

    /// Adds words about the command below its output so far.
    func add(words: String) -> [String] {
        self.add(self.output.flush() + [OutputLine(stream: nil, text: words)])
    }

    /// Ends the output.
    func finishOutput() {
        _ = self.add(self.output.flush())
        self.answer.append(contentsOf: self.output.close().utf8)
        while self.answer.last == UInt8(ascii: "\n") { self.answer.removeLast() }
    }

    private func add(_ lines: [OutputLine]) -> [String] {
        self.answer.append(contentsOf: self.output.markdown(for: lines).utf8)
        self.poster.output?.partial = []
        return self.poster.append(lines)
    }
}
