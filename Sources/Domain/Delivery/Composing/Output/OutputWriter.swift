internal import Chat
internal import Primitives

/// Writes output lines as Markdown: code blocks, those of standard error marked. Pure.
struct OutputWriter: Sendable {
    private var stream: CommandOutput.Stream?
    private var fence = 0
    /// The last stream that had a block, which needs no second mark.
    private var marked: CommandOutput.Stream?
    private var isEmpty = true

    /// The mark of a block of standard error.
    static let errorMark = "stderr:"
    /// The mark of a block of standard output that follows one of standard error.
    static let outputMark = "stdout:"
    private static let usualFence = 3

    /// Markdown for `line`; opens and closes blocks as needed. Every piece ends with a line break.
    mutating func write(_ line: OutputLine) -> String {
        guard let stream = line.stream else {
            defer { self.marked = nil }
            return self.close() + self.gap() + line.text + "\n"
        }
        // A run of backticks that could close the block begins one with a longer fence.
        let needed = max(Self.usualFence, EscapedText.longestRun(in: line.text) + 1)
        var text = ""
        if self.stream != stream || self.fence < needed {
            text += self.close() + self.open(stream, fence: needed)
        }
        return text + line.text + "\n"
    }

    /// Markdown that closes the open block; empty without one.
    mutating func close() -> String {
        guard self.stream != nil else { return "" }
        self.stream = nil
        return String(repeating: "`", count: self.fence) + "\n"
    }

    private mutating func open(_ stream: CommandOutput.Stream, fence: Int) -> String {
        let mark = self.gap() + (self.mark(for: stream).map { "\($0)\n\n" } ?? "")
        self.stream = stream
        self.marked = stream
        self.fence = fence
        return mark + String(repeating: "`", count: fence) + "\n"
    }

    private func mark(for stream: CommandOutput.Stream) -> String? {
        switch (self.marked, stream) {
        case (.standardOutput?, .standardError), (nil, .standardError): Self.errorMark
        case (.standardError?, .standardOutput): Self.outputMark
        case (.standardOutput?, .standardOutput), (.standardError?, .standardError), (nil, .standardOutput): nil
        }
    }

    /// A blank line before everything but the first.
    private mutating func gap() -> String {
        defer { self.isEmpty = false }
        return self.isEmpty ? "" : "\n"
    }

    /// Markdown of all `lines`.
    static func markdown(of lines: some Sequence<OutputLine>) -> String {
        var writer = OutputWriter()
        var text = ""
        for line in lines { text += writer.write(line) }
        return text + writer.close()
    }

    /// The output in Markdown that this writer made, without its markup.
    static func plain(_ markdown: String) -> String {
        var fence: Substring?
        var lines: [Substring] = []
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            let isFence = line.utf8.count >= Self.usualFence && line.utf8.allSatisfy { $0 == UInt8(ascii: "`") }
            if let open = fence {
                if line == open { fence = nil } else { lines.append(line) }
            } else if isFence {
                fence = line
            } else if !line.isEmpty {
                lines.append(line)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
