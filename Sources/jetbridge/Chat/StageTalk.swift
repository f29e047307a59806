internal import JSON

/// A stage in the terminal, with the questions that it asks.
struct StageTalk {
    let talk: ChatTalk

    private var context: CommandContext { self.talk.context }

    /// Runs the stage. On a terminal, puts its questions one after the other, until one is left open.
    func run(_ message: String) async throws {
        var answer = try await self.talk.follow(message)
        var texts = [answer.text]
        var commits = answer.operation["commits"]?.arrayValue ?? []
        let input = StandardInput()
        let isTalk = input.isTerminal && self.context.errors.isTerminal && !self.context.isJSON
        while answer.operation["state"]?.stringValue == "complete" {
            guard isTalk, let ask = try await self.talk.link.asks(of: self.talk.thread).last,
                let reply = try await self.reply(to: ask, input)
            else { break }
            answer = try await self.talk.follow(reply)
            // An answer begins the next turn.
            while let next = try await self.talk.link.activeOperation(of: self.talk.thread) {
                answer = try await self.talk.follow(operation: next)
            }
            texts.append(answer.text)
            commits += answer.operation["commits"]?.arrayValue ?? []
        }
        let asks = try await self.talk.link.asks(of: self.talk.thread)
        if self.context.isJSON {
            try self.context.print([
                "thread_id": .string(self.talk.thread), "operation_id": answer.operation["id"] ?? .null,
                "state": answer.operation["state"] ?? .null, "text": .string(texts.joined(separator: "\n\n")),
                "error": answer.operation["error"] ?? .null, "commits": .array(commits), "asks": .array(asks),
            ])
            return try self.talk.check(answer.operation, wording: ShellCommands.named(in:))
        }
        try self.show(asks, isTalk: isTalk)
        try self.talk.check(answer.operation, wording: ShellCommands.named(in:))
    }

    /// What is open, and how to continue.
    private func show(_ asks: [JSON], isTalk: Bool) throws {
        let errors = self.context.errors
        for ask in asks {
            let id = ask["id"]?.stringValue ?? ""
            if !isTalk { try errors.writeLine(errors.shown(Self.text(of: ask))) }
            try errors.writeLine(errors.faint("Open: 'jetbridge approve \(id) ANSWER' answers it."))
        }
        if errors.isTerminal {
            try errors.writeLine(
                errors.faint("Thread \(self.talk.thread): the next stage continues it with --thread."))
        }
    }

    /// The typed answer; nil to leave the question open.
    private func reply(to ask: JSON, _ input: StandardInput) async throws -> String? {
        let errors = self.context.errors
        try errors.writeLine("")
        try errors.writeLine(errors.shown(Self.text(of: ask)))
        try errors.writeLine(errors.faint("A letter, yes, done or your own words; an empty line leaves it open."))
        try errors.write(errors.bold("> "))
        guard let line = await input.line(), line.contains(where: { !$0.isWhitespace }) else { return nil }
        return line
    }

    /// The question with its options, a letter each.
    private static func text(of ask: JSON) -> String {
        let options = (ask["options"]?.arrayValue ?? []).map { option in
            let isRecommended = option["recommended"]?.boolValue ?? false
            return "\(option["key"]?.stringValue ?? ""). \(option["label"]?.stringValue ?? "")"
                + (isRecommended ? " (recommended)" : "")
        }
        return ([ask["text"]?.stringValue ?? ""] + options).joined(separator: "\n")
    }
}
