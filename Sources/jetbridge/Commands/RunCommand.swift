internal import Host
internal import JSON
internal import Lifecycle
internal import Primitives

struct RunCommand: Command {
    let watchesSignals = true
    let syntax = CommandSyntax(
        "run", summary: "Run a command in the jail of a thread",
        discussion: """
            Runs the command as `/run` does in the web chat, in a new thread or in the given one, and exits with the \
            command's status. Its output goes to standard output and standard error as it comes. Put -- before a command \
            with options. Ctrl-C stops the command, and so does the end of \
            the terminal. A command that ends in ' &' runs as a job.
            """,
        positionals: [
            PositionalSyntax(
                "command", .text("COMMAND"), isRepeated: true,
                help: "The command; several words are joined with spaces.")
        ],
        options: [
            OptionSyntax("thread", .text("ID"), help: "Run it in this thread of the web chat, whose shell it shares.")
        ],
        examples: ["jetbridge run 'make test'", "jetbridge run --thread s_12ab -- ls -l"])

    func run(_ context: CommandContext) async throws {
        let command = context.arguments.words("command").joined(separator: " ")
        // An ampersand at the end only asks for a job.
        guard command.contains(where: { !$0.isWhitespace && $0 != "&" }) else {
            throw UsageError(message: "the command is empty", path: ["run"])
        }
        let configuration = try context.loadConfiguration()
        let chosen = context.arguments.value("thread")
        let interrupts = Interrupts()
        let watch = try await interrupts.watch()
        try await ChatHost.withLink(configuration, interrupts: interrupts, thread: chosen) { link, thread in
            interrupts.set({ try? await link.stop(thread) }, isForAll: true)
            defer { interrupts.set(nil) }
            try await Self.run(command, in: thread, link, context)
        }
        await watch.cancel()
    }

    private static func run(
        _ command: String, in thread: String, _ link: ChatLink, _ context: CommandContext
    ) async throws {
        let output = Protected((standard: "", error: "", last: "", words: ""))
        let operation = try await link.ask("/run \(command)", in: thread) { frame in
            output.withLock { state in
                switch frame.type {
                case "execution" where context.isJSON:
                    if frame.isError { state.error += frame.content } else { state.standard += frame.content }
                case "thinking" where !frame.isThought: state.words = frame.content
                default: if frame.isLast { state.last = frame.content }
                }
            }
            guard frame.type == "execution", !context.isJSON else { return }
            try (frame.isError ? context.errors : context.output).write(frame.content)
        }
        let (standard, error, last, words) = output.withLock { $0 }
        let state = operation["state"]?.stringValue ?? ""
        let status = Self.status(state == "complete" ? last : words)
        if context.isJSON {
            try context.print([
                "operation_id": operation["id"] ?? .null, "thread_id": .string(thread), "state": .string(state),
                "exit": status.map { .integer(Int64($0)) } ?? .null, "stdout": .string(standard),
                "stderr": .string(error), "error": operation["error"] ?? .null,
                "commits": .array(operation["commits"]?.arrayValue ?? []),
            ])
        }
        switch state {
        case "complete":
            guard let status else {
                // No exit line: either a job was started, or the bot only replied and did not run the command.
                guard operation["kind"]?.stringValue == self.kind else {
                    throw CommandFailure(context.errors.note(last))
                }
                return context.isJSON ? () : try context.errors.writeLine(context.errors.note(last))
            }
            try Self.report(Self.note(last), context)
            if status != 0 { throw CommandFailure(nil, status: Self.exitStatus(status)) }
        case "stopped": throw CommandFailure(nil, status: .interrupted)
        default:
            let reason = operation["error"]?.stringValue ?? "the command was interrupted; run it again"
            throw CommandFailure(context.errors.note(reason))
        }
    }

    /// Of an operation that runs a command, or starts a job.
    private static let kind = "run"

    /// Why the command ended, if not by itself.
    private static func report(_ note: String?, _ context: CommandContext) throws {
        guard let note, !context.isJSON else { return }
        try context.errors.writeLine(context.errors.note(note, in: context.errors.yellow))
    }

    /// What a process can exit with. The host decides what its exit line says.
    static func exitStatus(_ status: Int) -> ExitStatus { ExitStatus(rawValue: Int32(min(max(status, 1), 255))) }

    /// The status in the exit line, which is the last line of a command's text: `exit 2 · 1.2 s`.
    static func status(_ text: String) -> Int? {
        guard let line = text.split(whereSeparator: \.isNewline).last, line.hasPrefix("exit ") else { return nil }
        return Int(line.dropFirst(5).prefix { $0 != " " })
    }

    /// The line before the exit line, unless it ends a code block.
    static func note(_ text: String) -> String? {
        guard let line = text.split(whereSeparator: \.isNewline).dropLast().last, !line.hasPrefix("```") else {
            return nil
        }
        return String(line)
    }
}
