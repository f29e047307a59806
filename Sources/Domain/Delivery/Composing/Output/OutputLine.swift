package import Chat

/// One finished line of a command's output, without control characters, or a line of text about the command.
package struct OutputLine: Sendable, Equatable {
    /// Nil for Markdown about the command, such as its exit line.
    package let stream: CommandOutput.Stream?
    package let text: String

    package init(stream: CommandOutput.Stream?, text: String) {
        self.stream = stream
        self.text = text
    }
}
