internal import Chat
internal import Primitives
internal import Threads
internal import Words

/// What people read in a direct message about asks of other threads.
enum NoticeTexts {
    struct Entry {
        let ask: AskRecord
        let title: String
        /// Of the ask's room.
        let sign: CommandSign
        /// Whether its words must not be repeated: they are encrypted there, and not where this is read.
        let isHidden: Bool
    }

    /// Where an ask comes from, below its text.
    static func place(_ entry: Entry, _ publicURL: String) -> String {
        guard entry.ask.kind != .access, entry.ask.kind != .extension else {
            return "Also at \(Self.link(entry, publicURL))"
        }
        let title = AskTexts.escaped(VisibleText.strictLine(entry.title))
        let place = title.isEmpty ? "a conversation" : "“\(title)”"
        return "Asked in \(place) on \(entry.ask.route.room.adapter): \(Self.link(entry, publicURL))"
    }

    /// An ask that cannot be shown whole where this is read, so it is decided in its thread.
    static func waiting(_ entry: Entry, at publicURL: String) -> String {
        "\(Self.line(entry)). \(Self.how(entry, publicURL))"
    }

    /// The same when it has ended.
    static func decided(_ entry: Entry) -> String {
        var ask = entry.ask
        if entry.isHidden { ask.reason = nil }
        return "\(Self.line(entry)). \(AskTexts.outcomeLine(of: ask, limit: 100))"
    }

    // MARK: Mentions

    /// A text that names whoever reads this.
    ///
    /// - Parameter title: of the conversation.
    static func mentioned(_ mention: PersonMention, in title: String, _ publicURL: String) -> String {
        let text = mention.text
        let author = Sender(id: text.author, identities: [Identity(text.author)], displayName: text.authorName)
        let name = text.authorName.isEmpty ? "Somebody" : AskTexts.identified(author)
        let subject = EscapedText.code(VisibleText.strictLine(text.subject.beginning(bytes: 240)))
        let place: String
        switch text.kind {
        case .comment: place = "a comment on \(subject)"
        case .task:
            let repository = EscapedText.code(VisibleText.strictLine(text.repository))
            // One without an id is addressed by a hash.
            place = text.subject.hasPrefix("~") ? "a task in \(repository)" : "task \(subject) in \(repository)"
        case .message:
            let title = AskTexts.escaped(VisibleText.strictLine(title))
            place = title.isEmpty ? "a conversation" : "“\(title)”"
        }
        return "\(name) mentioned you in \(place): \(publicURL)\(mention.path)\n\n> \(AskTexts.escaped(text.excerpt))"
    }

    // MARK: Answers that rooms refuse

    /// Above an answer that goes directly to whoever asked.
    static func lost(_ lost: LostAnswer) -> String {
        let question = AskTexts.escaped(AskTexts.firstWords(lost.turn.text))
        let words = question.isEmpty ? "" : " “\(question)”"
        let place =
            lost.title.map { title in
                let name = AskTexts.escaped(VisibleText.strictLine(title))
                return title.hasPrefix("#") ? "in \(name) on" : "in “\(name)” on"
            } ?? "in a room on"
        return
            "This is the answer to your question\(words) \(place) \(lost.room.adapter), which does not accept my messages "
            + "(\(TurnTexts.reason(lost.reason))):"
    }

    /// In place of an answer that is encrypted in its room, and would not be where this is read.
    static func lostHidden(_ lost: LostAnswer, _ publicURL: String) -> String {
        "The answer to your question in an encrypted room on \(lost.room.adapter), which does not accept my messages "
            + "(\(TurnTexts.reason(lost.reason))), is at \(publicURL)/#/t/\(lost.turn.session)"
    }

    /// In the thread's transcript.
    static func wentDirectly(to person: Sender) -> String {
        "The room did not accept the answer for a day, so it went directly to \(AskTexts.escaped(AskTexts.plainName(of: person)))."
    }

    static func notBrought(to person: Sender) -> String {
        "The room did not accept the answer for a day, and \(AskTexts.escaped(AskTexts.plainName(of: person))) cannot be "
            + "reached directly, so it was not posted. `resend` posts it when the room accepts messages again."
    }

    /// What somebody without access reads who writes to the bot directly.
    static func stranger(_ sign: CommandSign, isPairingAllowed: Bool, isAsked: Bool) -> String {
        let how =
            isPairingAllowed
            ? worded("Ask an owner for a pairing code and send it here: \(sign.command("pair CODE")).")
            : worded("Ask an owner to add you.")
        let asked = isAsked ? worded(" I have asked the owners, too.") : ""
        return worded("I do not know you, so I do not answer you yet. \(how)\(asked)")
    }

    /// In the ask's own thread, after the names of those who may decide it.
    static func waitsHere(_ ask: AskRecord) -> String { worded("`\(ask.id)` waits for your decision.") }

    /// Who asks what, and where.
    private static func line(_ entry: Entry) -> String {
        let ask = entry.ask
        let what = ask.kind == .approval || ask.kind == .extension ? "asks for approval" : "has an open question,"
        guard !entry.isHidden else {
            return "\(AskTexts.identified(ask.requester)) \(what) `\(ask.id)` in an encrypted conversation "
                + "on \(ask.route.room.adapter)"
        }
        let subject = AskTexts.firstWords(ask.bindings.first?.request.subject ?? ask.question?.text ?? ask.lead)
        let more = ask.bindings.count > 1 ? " and \(ask.bindings.count - 1) more" : ""
        let title = AskTexts.escaped(VisibleText.strictLine(entry.title))
        let place = title.isEmpty ? "a conversation" : "“\(title)”"
        return "\(AskTexts.identified(ask.requester)) \(what) `\(ask.id)` in \(place) on "
            + "\(ask.route.room.adapter): \(EscapedText.code(subject))\(more)"
    }

    private static func how(_ entry: Entry, _ publicURL: String) -> String {
        let link = Self.link(entry, publicURL)
        guard entry.ask.route.room.adapter.rawValue != "web" else { return worded("Decide it at \(link)") }
        return worded(
            "Decide it in that thread with \(entry.sign.command("approve \(entry.ask.id)")) or "
                + "\(entry.sign.command("deny \(entry.ask.id)")), or at \(link)")
    }

    private static func link(_ entry: Entry, _ publicURL: String) -> String {
        "\(publicURL)/#/t/\(entry.ask.session)"
    }
}
