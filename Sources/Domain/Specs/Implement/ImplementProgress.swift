internal import Primitives
package import SpecDocuments

/// The state of work on a list of tasks, as the thread's one growing message shows it.
package struct ImplementProgress: Sendable, Hashable {
    private static let shownTasks = 4
    private static let shownSteps = 4
    private static let lineLength = 100

    package let feature: String
    package var total: Int
    package var done: Int
    /// Finished in this turn, oldest first.
    private var lines: [String] = []
    private var current: String?
    private var steps: [String] = []

    package init(feature: String, total: Int = 0, done: Int = 0) {
        self.feature = feature
        self.total = total
        self.done = done
    }

    package mutating func begin(_ task: TaskEntry, attempt: Int) {
        let again = attempt > 1 ? " (try \(attempt))" : ""
        self.current = Self.line(task, marked: "…") + again
        self.steps = []
    }

    /// The current task's last steps, a line each.
    package mutating func show(_ steps: [String]) {
        self.steps = steps.suffix(Self.shownSteps).map { String($0.prefix(Self.lineLength)) }
    }

    package mutating func end(_ task: TaskEntry, isDone: Bool) {
        self.lines.append(Self.line(task, marked: isDone ? "ok" : "left"))
        if isDone { self.done += 1 }
        self.current = nil
        self.steps = []
    }

    package static func line(_ task: TaskEntry, marked mark: String) -> String {
        "\(mark) \(task.id) \(Self.safe(task.text))"
    }

    /// Markdown: as code, so that nothing in it is a link, a mention or markup.
    package var shown: String {
        let more = self.lines.count - Self.shownTasks
        var lines = ["\(self.done) of \(self.total) tasks done in \(self.feature)"]
        if more > 0 { lines.append("+\(more.counted("task"))") }
        lines += self.lines.suffix(Self.shownTasks)
        if let current = self.current { lines.append(current) }
        lines += self.steps.map { "     " + $0 }
        return "```\n" + lines.joined(separator: "\n") + "\n```"
    }

    /// `3 of 5 tasks done, 80 s, 31 k tokens`
    package func folded(seconds: Int, tokens: Int) -> String {
        let size = tokens < 1_000 ? "\(tokens) tokens" : "\((tokens + 500) / 1_000) k tokens"
        return "\(self.done) of \(self.total) tasks done, \(seconds) s, \(size)"
    }

    /// The lines of a code block, with three marks before and after it.
    package static func lines(ofBlock text: String) -> [String] {
        text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("```") }
    }

    /// One line in which every character is literal, because descriptions come from files and models.
    static func safe(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(4 * self.lineLength).map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: " "
            default: scalar == "`" ? "'" : scalar
            }
        }
        return String(String.UnicodeScalarView(scalars)).abridged(to: self.lineLength)
    }
}
