internal import Primitives
internal import Terminals

/// Prints answers as they arrive: rendered on a terminal with colours, as Markdown without control characters on another
/// one, and unchanged into a pipe or file.
final class AnswerPrinter: Sendable {
    /// The width for a terminal that does not report its own.
    private static let usualWidth = 80

    private let output: Terminal
    private let markdown = Protected<TerminalMarkdown?>(nil)

    init(_ output: Terminal) {
        self.output = output
    }

    func append(_ text: String) throws(CommandFailure) {
        guard self.output.hasColour else {
            return try self.output.write(self.output.isTerminal ? VisibleText.of(text, lineBreaks: .normalized) : text)
        }
        // The window may have another size for each answer.
        let width = self.output.columns ?? Self.usualWidth
        try self.output.write(
            self.markdown.withLock { markdown in
                var current = markdown ?? TerminalMarkdown(width: width)
                defer { markdown = current }
                return current.append(text)
            })
    }

    /// Makes room for other output.
    func pause() throws(CommandFailure) {
        try self.output.write(self.markdown.withLock { $0?.hideWaiting() ?? "" })
    }

    /// Prints what is left of the answer. `isTerminated`: whether its text ended with a line feed.
    func finish(isTerminated: Bool) throws(CommandFailure) {
        guard self.output.hasColour else {
            if !isTerminated { try self.output.write("\n") }
            return
        }
        try self.output.write(
            self.markdown.withLock { markdown in
                defer { markdown = nil }
                return markdown?.finish() ?? ""
            })
    }
}
