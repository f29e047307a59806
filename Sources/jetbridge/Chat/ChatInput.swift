internal import Sessions
internal import Terminals

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
                historyPath: historyPath, completions: CommandName.offered.map { "/\($0.rawValue)" },
                isRemembered: { !Self.mayHoldCode($0) }))
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
            // The editor must not count the escape sequences as columns.
            let prompt = errors.hasColour ? "\u{1}\u{1B}[1m\u{1}> \u{1}\u{1B}[0m\u{1}" : "> "
            let input = await editor.line(prompt: prompt)
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
