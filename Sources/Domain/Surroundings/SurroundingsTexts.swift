internal import Chat
internal import Primitives

/// What the bot says about what it has read.
package enum SurroundingsTexts {
    package static let late = "What was said here before could not be read in time; the next mention has it."

    /// - Parameter reason: As the network's adapter gives it.
    package static func missing(_ reason: String) -> String {
        "Not everything that was said here can be read: \(VisibleText.line(reason.beginning(bytes: 400)))"
    }

    /// In the place of words whose data has a class.
    static let classified = "[left out: the class of this data keeps it in the threads of its repository]"

    // MARK: The command `context`

    package static let noAnswer = "Nothing has been answered here yet."
    package static let nothing = "For its last answer, the model was given nothing besides this conversation."
    package static let wasLate =
        "For its last answer, the model was given nothing besides this conversation: what was said here could not be read in time."
    package static let isOff =
        "For its last answer, the model was given nothing besides this conversation: `context` is off here in the configuration."

    /// The maximum number of people that are named.
    private static let namedPeople = 8

    static func text(of report: ContextReport) -> String {
        guard !report.lines.isEmpty else {
            switch report.state {
            case .late: return Self.wasLate
            case .off: return Self.isOff
            case .due, .reply, .read, nil: return Self.nothing
            }
        }
        let lines = report.lines
        let files = lines.reduce(0) { $0 + $1.said.attachments.count }
        let tokens = lines.reduce(0) { $0 + LineCut.tokens(of: $1) }
        var parts = [Self.count(lines.count, "line") + Self.span(of: lines) + " by " + Self.people(of: lines)]
        if files > 0 { parts.append(Self.count(files, "file")) }
        if report.images > 0 { parts.append(Self.count(report.images, "image")) }
        parts.append("about \(tokens) tokens")
        let late = report.state == .late ? " The rest could not be read in time." : ""
        return
            "For its last answer, the model was given, besides this conversation, \(parts.joined(separator: ", ")).\(late)"
    }

    private static func count(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

    private static func span(of lines: [TurnLine]) -> String {
        let times = lines.compactMap(\.said.sentAt)
        guard let first = times.min(), let last = times.max() else { return "" }
        let (from, to) = (LineFrame.time(first), LineFrame.time(last))
        return from == to ? " of \(from) UTC" : " from \(from) to \(to) UTC"
    }

    /// In the order of their first lines.
    private static func people(of lines: [TurnLine]) -> String {
        var names: [String] = []
        for line in lines {
            let name = LineFrame.author(of: line)
            if !names.contains(name) { names.append(name) }
        }
        let more = names.count - Self.namedPeople
        return names.prefix(Self.namedPeople).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
}
