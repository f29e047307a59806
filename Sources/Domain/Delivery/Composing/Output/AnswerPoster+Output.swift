internal import Chat
package import Threads

/// A command's output in a room: one growing message where messages can be edited, else lines as they come. The middle
/// of what is too long is left out.
extension AnswerPoster {
    /// Messages for lines that are finished, in a room where nothing can be edited: until an excerpt is shown.
    package mutating func append(_ lines: [OutputLine]) -> [String] {
        for line in lines { self.output?.append(line) }
        guard self.canAppend, let output = self.output, self.shownLines < self.traits.excerptLines else { return [] }
        return self.show(output.lines(from: self.shownLines, limit: self.traits.excerptLines - self.shownLines))
    }

    /// The messages that close a command's output.
    mutating func restOfOutput() -> [String] {
        guard let output = self.output else { return [] }
        if self.isGrowing {
            let (messages, isCut) = self.fitted(output)
            self.isShortened = self.isShortened || isCut
            return messages
        }
        let left = output.count - self.shownLines
        let most = max(self.traits.excerptMessages, 4)
        if left <= most { return self.show(output.last(left)) }
        self.isShortened = true
        let marker = OutputLine(stream: nil, text: TurnTexts.linesLeftOut(left - most + 1))
        let tail = OutputWriter.markdown(of: [marker] + output.last(most - 1))
        return Array(self.composer.messages(for: tail).suffix(self.traits.answerMessages))
    }

    /// Takes over what a crash left, of which the first lines are in `messages`. Returns the transcript's text.
    package mutating func recoverOutput(from frames: [LiveFrame], after messages: Int) -> String {
        var composer = OutputComposer()
        var lines: [OutputLine] = []
        for frame in frames where frame.kind == .execution || frame.kind == .errorOutput {
            let stream: CommandOutput.Stream = frame.kind == .execution ? .standardOutput : .standardError
            lines += composer.append(CommandOutput(stream: stream, text: frame.content))
        }
        lines += composer.flush()
        var output = OutputExcerpt()
        for line in lines { output.append(line) }
        self.output = output
        self.shownLines = min(messages, lines.count)
        return composer.markdown(for: lines) + composer.close()
    }

    private mutating func show(_ lines: [OutputLine]) -> [String] {
        guard !lines.isEmpty else { return [] }
        self.shownLines += lines.count
        let text = lines.reduce(into: "") { $0 += self.writer.write($1) } + self.writer.close()
        var messages = self.composer.messages(for: text)
        // A few long lines may be many messages.
        if messages.count > self.traits.answerMessages {
            messages = Array(messages.prefix(self.traits.answerMessages))
            self.isShortened = true
        }
        return messages
    }

    /// One message with the output; whether its middle is left out.
    func fitted(_ output: OutputExcerpt) -> (messages: [String], isCut: Bool) {
        if output.isWhole, output.count <= self.traits.codeLines {
            let text = output.markdown
            // Rendering what is certainly too long would be for nothing.
            if text.utf8.count <= 4 * self.traits.textLimit {
                let messages = self.composer.messages(for: text)
                if messages.count <= 1 { return (messages, false) }
            }
        }
        var bytes = min(self.traits.textLimit, 16 << 10)
        var lines = self.traits.excerptLines
        while true {
            let messages = self.composer.messages(for: output.markdown(lines: lines, bytes: bytes))
            if messages.count <= 1 || bytes < 128 { return (Array(messages.prefix(1)), true) }
            bytes = bytes * 3 / 4
            lines = max(4, lines * 7 / 8)
        }
    }
}
