internal import Glibc
internal import JSON
internal import Primitives
internal import Terminals

/// A conversation in the terminal.
struct ChatTalk: Sendable {
    let link: ChatLink
    let thread: String
    let context: CommandContext
    let interrupts: Interrupts
    let printer: AnswerPrinter

    init(link: ChatLink, thread: String, context: CommandContext, interrupts: Interrupts) {
        self.link = link
        self.thread = thread
        self.context = context
        self.interrupts = interrupts
        self.printer = AnswerPrinter(context.output)
    }

    /// Asks one question. The answer goes to standard output, everything else to standard error.
    ///
    /// - Parameter editor: takes answers to what the host asks meanwhile.
    func answer(_ message: String, asking editor: LineEditor? = nil) async throws {
        let answer = try await self.follow(message, asking: editor)
        try self.report(answer)
        try self.check(answer.operation)
    }

    /// Throws if an operation did not complete.
    ///
    /// - Parameter word: Puts the reason in other words.
    func check(_ operation: JSON, wording word: (String) -> String = { $0 }) throws {
        switch operation["state"]?.stringValue {
        case "complete": return
        case "stopped": throw CommandFailure(nil, status: .interrupted)
        default:
            let error = operation["error"]?.stringValue ?? "the answer was interrupted; try again"
            throw CommandFailure(self.context.errors.note(word(error)))
        }
    }

    /// Asks one question per message until the input ends.
    func converse(_ input: ChatInput) async throws {
        let errors = self.context.errors
        try errors.writeLine(errors.faint("Type a message; /help lists the commands, Ctrl-D quits."))
        while true {
            try Task.checkCancellation()
            switch try await input.next(errors, self.interrupts) {
            case .end: return try Task.checkCancellation()
            case .interrupted: continue
            case .text(let text):
                if text.allSatisfy(\.isWhitespace) { continue }
                let answer = try await self.follow(text, asking: input.editor)
                try self.report(answer)
                let operation = answer.operation
                if operation["state"]?.stringValue != "complete", let error = operation["error"]?.stringValue {
                    try errors.writeLine(errors.note(error, in: errors.yellow))
                }
            }
        }
    }

    /// What an operation gave.
    struct Answer {
        let operation: JSON
        let text: String
    }

    /// Sends a message and shows the answer as it comes.
    func follow(_ message: String, asking editor: LineEditor? = nil) async throws -> Answer {
        let prompt = editor.map { AskPrompt(self, editor: $0) }
        return try await self.follow(prompt, isOutput: Self.runs(message)) { show in
            try await self.link.ask(message, in: self.thread, show: show)
        }
    }

    /// Whether a message shows the output of a command: `/run make`, `/jobs 3`.
    static func runs(_ message: String) -> Bool {
        let words = message.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        return words.count == 2 && ["/run", "!run", "/jobs", "!jobs"].contains(words[0].lowercased())
    }

    /// Shows the answer of an operation that has begun already.
    func follow(operation: String) async throws -> Answer {
        try await self.follow(nil, isOutput: false) { show in try await self.link.follow(operation, show: show) }
    }

    private func follow(
        _ prompt: AskPrompt?, isOutput: Bool, _ body: ((ChatLink.Frame) async throws -> Void) async throws -> JSON
    ) async throws -> Answer {
        var text = ""
        /// The whole answer. It has the remarks on a command's end, which have no piece of their own.
        var whole = ""
        let (link, thread) = (self.link, self.thread)
        self.interrupts.set { try? await link.stop(thread) }
        // Between the lines of an answer that is drawn again as it grows, they would stay for good.
        if self.context.output.hasColour { TypedKeys.hide() }
        defer {
            TypedKeys.show()
            self.interrupts.set(nil)
        }
        let operation: JSON
        do {
            operation = try await body { frame in
                await prompt?.pause()
                if frame.type == "execution" { text += frame.content }
                if frame.type == "complete" { whole = frame.content }
                try await self.show(frame, isOutput: isOutput, prompt)
                if !frame.isLast { await prompt?.resume() }
            }
        } catch {
            await prompt?.pause()
            try? self.printer.finish(isTerminated: text.isEmpty)
            throw error
        }
        let isSilent = text.isEmpty
        if isSilent { text = whole }
        guard !self.context.isJSON else { return Answer(operation: operation, text: text) }
        // A terminal has seen the remarks already.
        if isSilent, !self.context.errors.isTerminal { try self.printer.append(text) }
        if isOutput, !isSilent {
            try self.printer.endLine()
        } else if !isSilent || !self.context.errors.isTerminal, !text.isEmpty {
            try self.printer.finish(isTerminated: text.hasSuffix("\n"))
        }
        for commit in operation["commits"]?.arrayValue ?? [] {
            try self.context.output.writeLine(self.context.output.shown(Self.line(of: commit)))
        }
        return Answer(operation: operation, text: text)
    }

    /// With `--json` only.
    private func report(_ answer: Answer) throws {
        guard self.context.isJSON else { return }
        let operation = answer.operation
        try self.context.print([
            "operation_id": operation["id"] ?? .null, "state": operation["state"] ?? .null,
            "text": .string(answer.text), "error": operation["error"] ?? .null,
            "commits": .array(operation["commits"]?.arrayValue ?? []),
        ])
    }

    private func show(_ frame: ChatLink.Frame, isOutput: Bool, _ prompt: AskPrompt?) async throws {
        if frame.type == "thinking", let ask = Self.awaited(frame.content) {
            let errors = self.context.errors
            let asked = try await self.link.asks(of: self.thread).first { $0["id"]?.stringValue == ask }
            try self.printer.pause()
            if let asked, !self.context.isJSON { try errors.writeLine(AskReply.text(of: asked, on: errors)) }
            if let asked, let prompt { return prompt.take(asked) }
            return try errors.writeLine(
                errors.yellow("Waiting for approval \(ask): 'jetbridge approve \(ask)' in another terminal gives it."))
        }
        guard !self.context.isJSON else { return }
        switch frame.type {
        case "execution" where isOutput: try self.printer.appendOutput(frame.content)
        case "execution": try self.printer.append(frame.content)
        // Commits are listed at the end.
        case "thinking" where self.context.errors.isTerminal && !frame.isThought && !frame.content.contains("/commit/"):
            try self.printer.pause()
            let errors = self.context.errors
            try errors.writeLine(errors.note(frame.content, in: errors.faint))
        default: break
        }
    }

    /// The id in ``Waiting for approval `a2`.``, and in the like of other asks; nil for other words.
    static func awaited(_ words: String) -> String? {
        guard words.hasPrefix("Waiting for "), words.contains("`") else { return nil }
        return words.split(separator: "`").dropFirst().first.map(String.init)
    }

    private static func line(of commit: JSON) -> String {
        let count = commit["files"]?.intValue ?? 0
        let files = "\(count.counted("file")) changed"
        let sha = (commit["sha"]?.stringValue ?? "").prefix(7)
        return "\(sha) \(commit["subject"]?.stringValue ?? "") (\(files), +\(commit["additions"]?.intValue ?? 0) "
            + "−\(commit["deletions"]?.intValue ?? 0)) \(commit["url"]?.stringValue ?? "")"
    }
}
