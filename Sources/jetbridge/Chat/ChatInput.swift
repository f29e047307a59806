internal import Glibc
internal import Primitives
internal import Terminals
internal import Threads

/// Where a conversation's messages come from: a line editor on a terminal that allows it, else lines as they are.
enum ChatInput: Sendable {
    case lines(StandardInput)
    case editor(LineEditor)

    /// - Parameter historyPath: Where the editor keeps the messages for later conversations.
    init(_ input: StandardInput, errors: Terminal, environment: [String: String], historyPath: String) {
        let terminal = environment["TERM", default: ""]
        guard input.isTerminal, errors.isTerminal, !["", "dumb"].contains(terminal) else {
            self = .lines(input)
            return
        }
        self = .editor(
            LineEditor(
                historyPath: historyPath, completions: CommandName.allCases.map { "/\($0.rawValue)" },
                isRemembered: { !Self.mayHoldCode($0) }))
    }

    /// Nil where lines cannot be edited.
    var editor: LineEditor? { if case .editor(let editor) = self { editor } else { nil } }

    /// A prompt in bold. The editor must not count the escape sequences as columns.
    static func prompt(_ text: String, on errors: Terminal) -> String {
        errors.hasColour ? "\u{1}\u{1B}[1m\u{1}\(text) \u{1}\u{1B}[0m\u{1}" : "\(text) "
    }

    enum Message: Equatable {
        case text(String)
        /// The line was discarded.
        case interrupted
        case end
    }

    func next(_ errors: Terminal, _ interrupts: Interrupts) async throws -> Message {
        switch self {
        case .lines(let input):
            try errors.write(errors.bold("> "))
            if let line = await input.line() { return .text(line) }
            try errors.writeLine("")
            return .end
        case .editor(let editor):
            // Stays after an interruption, so that a key that is held down does not end the conversation.
            interrupts.set({ editor.interrupt() }, isRepeatable: true)
            let input = await editor.line(prompt: Self.prompt(">", on: errors))
            guard input != .interrupted else { return .interrupted }
            interrupts.set(nil)
            return if case .line(let text) = input { .text(text) } else { .end }
        }
    }

    /// A pairing code must not be kept, in whatever form the command is given: `/pair CODE`, `jetbridge: pair CODE`.
    static func mayHoldCode(_ text: String) -> Bool {
        text.split(whereSeparator: \.isWhitespace).prefix(3).contains { word in
            word.lowercased().filter(\.isLetter) == CommandName.pair.rawValue
        }
    }
}

/// Standard input, read on a dedicated thread: reading blocks, and files cannot be watched.
actor StandardInput {
    private let executor = ThreadExecutor(name: "stdin")
    private nonisolated let waiter = InputWaiter()
    private var buffer: [UInt8] = []
    private var isAtEnd = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    nonisolated var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// The next line without its line feed; nil at the end of the input, and when the task is cancelled.
    ///
    /// - Parameter limit: In bytes; a longer line ends the input.
    nonisolated func line(upTo limit: Int = .max) async -> String? {
        await withTaskCancellationHandler {
            await self.nextLine(upTo: limit)
        } onCancel: {
            self.waiter.wake()
        }
    }

    private func nextLine(upTo limit: Int) -> String? {
        while true {
            if let end = self.buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: self.buffer[..<end], as: UTF8.self)
                self.buffer.removeSubrange(...end)
                return line
            }
            if self.buffer.count > limit { (self.buffer, self.isAtEnd) = ([], true) }
            if !self.fill() {
                defer { self.buffer = [] }
                return self.buffer.isEmpty ? nil : String(decoding: self.buffer, as: UTF8.self)
            }
        }
    }

    /// The rest of the input, at most `limit` bytes.
    func all(upTo limit: Int) -> String {
        while self.buffer.count < limit, self.fill() {}
        return String(decoding: self.buffer.prefix(limit), as: UTF8.self)
    }

    /// Whether input or its end arrives in time: a pipe without a writer must not block the command.
    func isReady(within milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, milliseconds) > 0
    }

    private func fill() -> Bool {
        guard !self.isAtEnd else { return false }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        while true {
            guard self.waiter.wait(for: STDIN_FILENO) else {
                self.isAtEnd = true
                return false
            }
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            if count > 0 {
                self.buffer += bytes.prefix(count)
                return true
            }
            if count < 0, errno == EINTR { continue }
            self.isAtEnd = true
            return false
        }
    }
}
