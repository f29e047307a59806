package import Chat

/// Turns a command's raw output into lines and into the Markdown of the transcript. Pure.
package struct OutputComposer: Sendable {
    private var standardOutput = TerminalLines()
    private var standardError = TerminalLines()
    private var writer = OutputWriter()

    package init() {}

    /// Adds output. Returns the lines that it finishes.
    package mutating func append(_ output: CommandOutput) -> [OutputLine] {
        let lines =
            switch output.stream {
            case .standardOutput: self.standardOutput.append(output.text)
            case .standardError: self.standardError.append(output.text)
            }
        return lines.map { OutputLine(stream: output.stream, text: $0) }
    }

    /// The unfinished lines, as they stand now and as far as they are shown: if somebody keeps a whole one, the next
    /// output copies it.
    package var partial: [OutputLine] {
        let lines = [
            OutputLine(stream: .standardOutput, text: self.standardOutput.partial),
            OutputLine(stream: .standardError, text: self.standardError.partial),
        ]
        return lines.filter { !$0.text.isEmpty }.map(OutputExcerpt.bounded)
    }

    /// Ends the unfinished lines.
    package mutating func flush() -> [OutputLine] {
        let rest = [
            (CommandOutput.Stream.standardOutput, self.standardOutput.flush()),
            (.standardError, self.standardError.flush()),
        ]
        return rest.compactMap { stream, line in line.map { OutputLine(stream: stream, text: $0) } }
    }

    /// The transcript's Markdown for `lines`, which follow those before.
    package mutating func markdown(for lines: [OutputLine]) -> String {
        lines.reduce(into: "") { $0 += self.writer.write($1) }
    }

    /// Markdown that closes an open block.
    package mutating func close() -> String { self.writer.close() }
}
