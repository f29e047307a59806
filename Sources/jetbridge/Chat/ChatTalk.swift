internal import Glibc
internal import JSON

/// Questions and answers on the terminal.
struct ChatTalk: Sendable {
    let link: ChatLink
    let thread: String
    let context: CommandContext
    let interrupts: Interrupts

    /// One question; the answer goes to standard output, everything else to standard error.
    func answer(_ message: String) async throws {
        let operation = try await self.follow(message)
        switch operation["state"]?.stringValue {
        case "complete": return
        case "stopped": throw CommandFailure(nil, status: .interrupted)
        default: throw CommandFailure(operation["error"]?.stringValue ?? "the answer was cut; try again")
        }
    }

    /// Line by line, until the input ends.
    func converse(_ input: StandardInput) async throws {
        try self.context.errors.writeLine(
            self.context.errors.faint("Write a line; /help lists the commands, Ctrl-D ends."))
        while true {
            try self.context.errors.write(self.context.errors.bold("> "))
            guard let line = await input.line() else { break }
            if line.allSatisfy(\.isWhitespace) { continue }
            let operation = try await self.follow(line)
            if operation["state"]?.stringValue != "complete", let error = operation["error"]?.stringValue {
                try self.context.errors.writeLine(self.context.errors.yellow(error))
            }
        }
        try self.context.errors.writeLine("")
    }

    private func follow(_ message: String) async throws -> JSON {
        var text = ""
        let (link, thread) = (self.link, self.thread)
        self.interrupts.set { try? await link.stop(thread) }
        defer { self.interrupts.set(nil) }
        let operation = try await self.link.ask(message, in: self.thread) { frame in
            switch frame.type {
            case "execution":
                text += frame.content
                if !self.context.isJSON { try self.context.output.write(frame.content) }
            case "thinking":
                if self.context.errors.isTerminal, !self.context.isJSON {
                    try self.context.errors.writeLine(self.context.errors.faint(frame.content))
                }
            default: break
            }
        }
        let commits = operation["commits"]?.arrayValue ?? []
        guard !self.context.isJSON else {
            try self.context.print([
                "operation_id": operation["id"] ?? .null, "state": operation["state"] ?? .null, "text": .string(text),
                "error": operation["error"] ?? .null, "commits": .array(commits),
            ])
            return operation
        }
        if !text.isEmpty, !text.hasSuffix("\n") { try self.context.output.write("\n") }
        for commit in commits { try self.context.output.writeLine(Self.line(of: commit)) }
        return operation
    }

    private static func line(of commit: JSON) -> String {
        let count = commit["files"]?.intValue ?? 0
        let files = count == 1 ? "1 file changed" : "\(count) files changed"
        let sha = (commit["sha"]?.stringValue ?? "").prefix(7)
        return "\(sha) \(commit["subject"]?.stringValue ?? "") (\(files), +\(commit["additions"]?.intValue ?? 0) "
            + "−\(commit["deletions"]?.intValue ?? 0)) \(commit["url"]?.stringValue ?? "")"
    }
}
