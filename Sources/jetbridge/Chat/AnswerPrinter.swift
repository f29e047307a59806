internal import Primitives
internal import Terminals

/// Prints answers as they arrive: rendered on a terminal with colours, as Markdown without control characters on another
/// one, and unchanged into a pipe or file.
final class AnswerPrinter: Sendable {
    /// The width for a terminal that does not report its own.
    private static let usualWidth = 80

    private let output: Terminal
    private let markdown = Protected<TerminalMarkdown?>(nil)
    /// Whether the last line of a command's output has no end yet.
    private let isLineOpen = Protected(false)

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

    /// A piece of a command's output, which is not Markdown.
    func appendOutput(_ text: String) throws(CommandFailure) {
        try self.output.write(self.output.shown(text))
        self.isLineOpen.withLock { $0 = !text.hasSuffix("\n") }
    }

    /// Makes room for other output.
    func pause() throws(CommandFailure) {
        if self.output.isTerminal { try self.endLine() }
        try self.output.write(self.markdown.withLock { $0?.hideWaiting() ?? "" })
    }

    /// Ends the last line of a command's output.
    func endLine() throws(CommandFailure) {
        let isOpen = self.isLineOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if isOpen { try self.output.write("\n") }
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
