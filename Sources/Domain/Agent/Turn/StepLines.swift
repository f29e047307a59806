package import Chat
package import Git
internal import Primitives

/// The growing line of steps in the thread. Pure.
package struct StepLines: Sendable {
    private static let shownLines = 8
    private static let lineLength = 120

    private struct Line: Sendable {
        let call: String
        var text: String
    }

    private var lines: [Line] = []
    /// Steps before ``lines``.
    private var earlier: Int
    private var files: Set<String> = []

    /// - Parameter earlier: steps of the turn before it was resumed.
    package init(earlier: Int = 0) {
        self.earlier = earlier
    }

    package var count: Int { self.earlier + self.lines.count }

    package mutating func begin(_ call: String, title: String, files: [String] = []) {
        self.lines.append(Line(call: call, text: "… " + Self.safe(title)))
        self.files.formUnion(files)
    }

    /// Shows how far a call is.
    package mutating func note(_ call: String, _ text: String) {
        guard let index = self.lines.lastIndex(where: { $0.call == call }) else { return }
        self.lines[index].text = "… " + Self.safe(text)
    }

    package mutating func end(_ call: String, _ result: ToolResult) {
        let mark =
            switch result.outcome {
            case .done: "ok "
            case .failed: "failed "
            case .denied: "denied "
            case .interrupted: "interrupted "
            }
        let text = mark + Self.safe(result.summary)
        if let index = self.lines.lastIndex(where: { $0.call == call }) {
            self.lines[index].text = text
        } else {
            self.lines.append(Line(call: call, text: text))
        }
        // What is never shown again need not be kept.
        while self.lines.count > 4 * Self.shownLines {
            self.lines.removeFirst()
            self.earlier += 1
        }
    }

    /// The last lines, Markdown: as code, so that nothing in them is a link, a mention or markup.
    package var shown: String {
        let last = self.lines.suffix(Self.shownLines).map(\.text)
        let more = self.count - last.count
        let head = more > 0 ? ["+\(more.counted("step"))"] : []
        return "```\n" + (head + last).joined(separator: "\n") + "\n```"
    }

    /// `12 steps, 3 files +40 −8, 80 s, 31 k tokens`
    ///
    /// - Parameter changes: nil where only the names of the files are known.
    package func folded(seconds: Int, tokens: Int, changes: GitStat? = nil) -> String {
        var parts = [self.count.counted("step")]
        if let changes, changes.files > 0 {
            parts.append("\(changes.files.counted("file")) +\(changes.additions) −\(changes.deletions)")
        } else if changes == nil, !self.files.isEmpty {
            parts.append(self.files.count.counted("file"))
        }
        parts.append("\(seconds) s")
        parts.append(tokens < 1000 ? "\(tokens) tokens" : "\((tokens + 500) / 1000) k tokens")
        return parts.joined(separator: ", ")
    }

    /// What the thread gets after a change; `news` is the call whose line is new.
    package func report(of news: String?, seconds: Int, tokens: Int, changes: GitStat? = nil) -> TurnEvent {
        let line = news.flatMap { news in self.lines.last { $0.call == news }?.text }
        return .steps(
            TurnSteps(
                shown: self.shown, folded: self.folded(seconds: seconds, tokens: tokens, changes: changes), news: line))
    }

    /// One line that shows every letter as what it is: names and commands come from files and models.
    private static func safe(_ text: String) -> String {
        let shown = String.UnicodeScalarView(
            text.unicodeScalars.prefix(4 * self.lineLength).map { scalar -> Unicode.Scalar in
                switch scalar.properties.generalCategory {
                // Control characters, and format characters such as those that turn the direction of text.
                case .control, .format, .lineSeparator, .paragraphSeparator: " "
                // A fence of three would end the block.
                default: scalar == "`" ? "'" : scalar
                }
            })
        return String(shown).shortened(to: self.lineLength - 12)
    }
}
