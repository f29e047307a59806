internal import Chat
internal import Git
internal import Logging
internal import Models
internal import Primitives
internal import Work

/// `shell`: a command in the session's jail.
struct ShellTool: Tool {
    let desk: any ToolDesk
    let state: TurnState

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let command = call.text("command")
        guard command.contains(where: { !$0.isWhitespace }) else { throw ToolFailure("The command is empty.") }
        guard command.utf8.count <= ToolLimits.commandBytes else {
            throw ToolFailure(
                "The command has \(command.utf8.count) bytes, the limit is \(ToolLimits.commandBytes). Write a script "
                    + "with write and run it.")
        }
        guard !command.unicodeScalars.contains(where: { $0.value == 0 }) else {
            throw ToolFailure("The command contains a null character.")
        }
        // Its own bytes, because an approval is bound to them.
        return ToolIntent(
            call: call, subject: command, directory: self.desk.directory, title: "shell \(command.titled())")
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        let output = Protected(OutputCut())
        let report = try await self.desk.run(
            intent.subject, of: intent.call.id, timeout: intent.call.number("timeout").map { .seconds($0) },
            approval: approval,
            reaching: nil
        ) { piece in output.withLock { $0.append(piece.text) } }
        try Task.checkCancellation()
        let cut = output.withLock { $0 }
        let text = cut.text(advice: "Run it again with output to a file, then read parts of that file")
        var lines = [cut.total == 0 ? "There was no output." : DataBlock.of(Self.safe(text), from: "shell")]
        var made: [String] = []
        if let changes = report.changes, !changes.isEmpty {
            let names = changes.prefix(10).map(\.path).map { VisibleText.line($0) }.joined(separator: ", ")
            made.append("Changed files: \(names)\(changes.count > 10 ? " and \(changes.count - 10) more" : "")")
        }
        // Names are chosen by the command.
        if !made.isEmpty { lines.append(DataBlock.of(made.joined(separator: "\n"), from: "workspace")) }
        lines += report.notices
        if let note = report.ending.note { lines.append(note) }
        // Last, where models look for it. Without the time that it took, so that the same result has the same text.
        lines.append(report.ending.line.split(separator: " · ").first.map(String.init) ?? report.ending.line)
        return ToolResult(
            report.ending.status == 0 ? .done : .failed, text: lines.joined(separator: "\n"),
            summary: "\(intent.call.text("command").titled()), \(report.ending.line)",
            hasChanges: report.changes?.isEmpty != true, isMarked: true)
    }

    /// Without what looks like a secret, and with control characters visible.
    static func safe(_ text: String) -> String { VisibleText.of(Redaction.redact(text)) }
}
