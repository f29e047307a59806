package import Chat

/// The last lines of output that still grows. Pure.
package struct OutputComposerTail: Sendable {
    private let limit: Int
    private let bytes: Int
    private var composer = OutputComposer()
    private var lines: [OutputLine] = []

    package init(lines: Int, bytes: Int) {
        self.limit = lines
        self.bytes = bytes
    }

    package mutating func append(_ output: [CommandOutput]) {
        for output in output { self.lines += self.composer.append(output) }
        self.lines = Array(self.lines.suffix(self.limit))
    }

    /// A code block; empty without output.
    package var markdown: String {
        var excerpt = OutputExcerpt()
        excerpt.partial = self.composer.partial
        for line in self.lines.suffix(max(0, self.limit - excerpt.partial.count)) { excerpt.append(line) }
        let markdown = excerpt.markdown(lines: self.limit, bytes: self.bytes)
        return markdown.hasSuffix("\n") ? String(markdown.dropLast()) : markdown
    }
}
