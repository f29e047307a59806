internal import Chat
internal import Primitives
internal import Threads

/// What owners read in a direct message about approvals of other threads.
enum NoticeTexts {
    struct Entry {
        let ask: AskRecord
        let title: String
        /// Of the ask's room.
        let sign: CommandSign
        /// Whether its words must not be repeated: they are encrypted there, and not where this is read.
        let isHidden: Bool
    }

    /// The most asks that are listed; the others are counted.
    private static let limit = 5

    static func waiting(_ entries: [Entry], at publicURL: String) -> String {
        guard entries.count != 1, let first = entries.first else {
            return entries.first.map { "\(Self.line($0)). \(Self.how($0, publicURL))" } ?? ""
        }
        let lines = entries.prefix(Self.limit).map { "- \(Self.line($0)): \(Self.link($0, publicURL))" }
        let more = entries.count > Self.limit ? ["- and \(entries.count - Self.limit) more"] : []
        let how =
            "Each is decided in its thread, for example with \(first.sign.command("approve \(first.ask.id)")), or there."
        return (["\(entries.count) approvals wait for an owner:", ""] + lines + more + ["", how])
            .joined(separator: "\n")
    }

    /// The same when some of them have ended.
    static func decided(_ entries: [Entry]) -> String {
        let lines = entries.prefix(Self.limit).map { entry in
            let end = entry.ask.state == .open ? "still open" : Self.outcome(of: entry)
            return "\(Self.line(entry)). \(end)"
        }
        let more = entries.count > Self.limit ? ["and \(entries.count - Self.limit) more"] : []
        guard lines.count + more.count > 1 else { return lines.first ?? "" }
        return (lines + more).map { "- \($0)" }.joined(separator: "\n")
    }

    private static func outcome(of entry: Entry) -> String {
        var ask = entry.ask
        if entry.isHidden { ask.reason = nil }
        return AskTexts.outcomeLine(of: ask, limit: 100)
    }

    /// Who asks what, and where.
    private static func line(_ entry: Entry) -> String {
        let ask = entry.ask
        guard !entry.isHidden else {
            return "\(AskTexts.identified(ask.requester)) asks for approval `\(ask.id)` in an encrypted conversation "
                + "on \(ask.route.room.adapter)"
        }
        let subject = AskTexts.firstWords(ask.bindings.first?.request.subject ?? ask.lead)
        let more = ask.bindings.count > 1 ? " and \(ask.bindings.count - 1) more" : ""
        let title = AskTexts.escaped(VisibleText.strictLine(entry.title))
        let place = title.isEmpty ? "a conversation" : "“\(title)”"
        return "\(AskTexts.identified(ask.requester)) asks for approval `\(ask.id)` in \(place) on "
            + "\(ask.route.room.adapter): \(EscapedText.code(subject))\(more)"
    }

    private static func how(_ entry: Entry, _ publicURL: String) -> String {
        let link = Self.link(entry, publicURL)
        guard entry.ask.route.room.adapter.rawValue != "web" else { return "Decide it at \(link)" }
        return "Decide it in that thread with \(entry.sign.command("approve \(entry.ask.id)")) or "
            + "\(entry.sign.command("deny \(entry.ask.id)")), or at \(link)"
    }

    private static func link(_ entry: Entry, _ publicURL: String) -> String {
        "\(publicURL)/#/t/\(entry.ask.session)"
    }
}
