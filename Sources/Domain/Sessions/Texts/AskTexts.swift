internal import Chat
internal import Primitives

/// What people read about asks.
enum AskTexts {
    // MARK: An approval

    /// The part before the options: who wants what, the exact text, where, and until when.
    ///
    /// - Parameter isByLine: for a room where each line is a message.
    static func lead(
        _ request: ApprovalRequest, id: String, for person: Sender, until time: Int64, isByLine: Bool = false
    ) -> String {
        let subject = isByLine ? ShownText.ofLines(request.subject) : ShownText.of(request.subject)
        let who =
            switch request.approver {
            case .ownersOnly: Self.name(of: person)
            case .requester: "the model (asked by \(Self.name(of: person)))"
            }
        let place = request.directory.isEmpty ? "" : "Directory \(Self.code(ShownText.ofLine(request.directory))), open"
        let until = CivilTime(milliseconds: time)
        return """
            Approval `\(id)`: \(who) wants to \(request.action.rawValue)
            \(Self.fenced(subject))
            \(place.isEmpty ? "Open" : place) until \(until.date) \(until.clock) UTC.
            """
    }

    static func tail(_ id: String, _ approver: ApprovalRequest.Approver, sign: CommandSign) -> String {
        let who = approver == .ownersOnly ? "An owner" : "The person who asked, or an owner,"
        return "\(who) answers with the letter, or types \(sign.command("approve \(id)")) or "
            + "\(sign.command("deny \(id) REASON"))."
    }

    static func options(of action: ApprovalRequest.Action) -> [AskRecord.Option] {
        let what =
            switch action {
            case .run: "command"
            case .change: "change"
            case .reach: "address"
            }
        return [
            AskRecord.Option(key: AskRecord.approve, label: "Approve"),
            AskRecord.Option(key: AskRecord.always, label: "Always in this thread (for exactly this \(what))"),
            AskRecord.Option(key: AskRecord.deny, label: "Deny"),
        ]
    }

    static func buttons(of ask: AskRecord) -> [MessageButton] {
        guard ask.kind == .approval else { return [] }
        return [
            MessageButton(label: "Approve", command: "approve \(ask.id)", style: .primary),
            MessageButton(label: "Always in this thread", command: "approve \(ask.id) always"),
            MessageButton(label: "Deny", command: "deny \(ask.id)", style: .danger, prompt: "Reason"),
        ]
    }

    /// The option lines. Two blanks at the end make Markdown keep the line break.
    static func lines(of options: [AskRecord.Option]) -> String {
        options.map { "\($0.key). \(Self.escaped($0.label))\($0.isRecommended ? " (recommended)" : "")" }
            .joined(separator: "  \n")
    }

    // MARK: The outcome

    /// Who decided what, as plain text.
    static func outcome(of ask: AskRecord) -> String {
        let name = ask.decider.map { Self.plainName(of: $0) } ?? ""
        switch ask.state {
        case .open: return "Open"
        case .expired: return "Expired"
        case .stopped: return "Denied by \(name): \(Self.stopped)"
        case .answered: break
        }
        guard ask.kind == .approval else {
            let label = ask.answer.flatMap { ask.option($0) }?.label ?? ask.reason ?? ""
            return "Answered by \(name): \(label)"
        }
        if ask.answer != AskRecord.deny { return "Approved by \(name)" }
        return "Denied by \(name)\(ask.reason.map { ": \($0)" } ?? "")"
    }

    static let stopped = "stopped"

    /// The outcome on one line of Markdown, at most `limit` characters of a reason.
    static func outcomeLine(of ask: AskRecord, limit: Int = 500) -> String {
        var shown = ask
        shown.reason = ask.reason.map { $0.count <= limit ? $0 : "\($0.prefix(limit))…" }
        return Self.escaped(ShownText.ofLine(Self.outcome(of: shown)))
    }

    // MARK: Replies

    static let nothingToApprove = "Nothing waits for approval here."

    static func several(_ ids: [String], sign: CommandSign) -> String {
        "Several approvals are open here: \(ids.map { "`\($0)`" }.joined(separator: ", ")). "
            + "Say which one, as in \(sign.command("approve \(ids.first ?? "")"))."
    }

    static func unknown(_ id: String) -> String {
        "No approval \(Self.code(ShownText.ofLine(String(id.prefix(20))))) is open here."
    }

    static func elsewhere(_ id: String) -> String {
        "`\(id)` was asked in another thread. Answer it there, or with `jetbridge approve \(id)` on the host."
    }

    static func notUnderstood(_ id: String, sign: CommandSign) -> String {
        "`\(id)` is still open: that is no answer to it. Type \(sign.command("approve \(id)")), "
            + "\(sign.command("approve \(id) always")) or \(sign.command("deny \(id) REASON"))."
    }

    static func notAllowed(_ ask: AskRecord, _ sender: Sender) -> String {
        switch ask.rule {
        case .otherOwners where sender.isSamePerson(as: ask.requester):
            "You asked for `\(ask.id)` yourself, so another owner has to decide it."
        case .otherOwners: "Only an owner can decide `\(ask.id)`."
        case .requester: "Only \(Self.name(of: ask.requester)), who asked, or an owner can decide `\(ask.id)`."
        }
    }

    static func alreadySettled(_ ask: AskRecord) -> String {
        "`\(ask.id)` is closed: \(Self.outcomeLine(of: ask))"
    }

    static func altered(_ id: String) -> String {
        "`\(id)` does not match what was stored, so it cannot be decided. Ask for it again."
    }

    static func settled(_ ask: AskRecord) -> String { "`\(ask.id)`: \(Self.outcomeLine(of: ask))" }

    static func waits(_ id: String) -> String { "Waiting for approval `\(id)`." }

    // MARK: Not asked

    static let policy = "the host's rules"
    static let guest = "guests cannot ask for approvals"
    static let empty = "there is nothing to approve"

    static func tooLong(_ action: ApprovalRequest.Action) -> String {
        let what =
            switch action {
            case .run: "the command"
            case .change: "the change"
            case .reach: "the address"
            }
        return
            "\(what) is too long to be shown whole in one message here, so nobody was asked; make it shorter, or use "
            + "the web chat"
    }

    static func notAsked(_ reason: String) -> String { "Not approved: \(reason)." }

    // MARK: Markdown

    /// A person's name in Markdown.
    static func name(of sender: Sender) -> String { Self.escaped(Self.plainName(of: sender)) }

    static func plainName(of sender: Sender) -> String {
        let name = ShownText.ofLine(sender.displayName)
        return name.count <= 60 ? name : "\(name.prefix(59))…"
    }

    static func escaped(_ text: String) -> String {
        text.map { "\\`*_[]<>#|~&!".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    /// A code span that no content can end.
    static func code(_ text: String) -> String {
        let fence = String(repeating: "`", count: Self.longestRun(in: text) + 1)
        let pad = text.hasPrefix("`") || text.hasSuffix("`") || text.hasPrefix(" ") ? " " : ""
        return fence + pad + text + pad + fence
    }

    /// A code block that no content can end.
    static func fenced(_ text: String) -> String {
        let fence = String(repeating: "`", count: max(3, Self.longestRun(in: text) + 1))
        return "\(fence)\n\(text)\n\(fence)"
    }

    private static func longestRun(in text: String) -> Int {
        var (longest, run) = (0, 0)
        for byte in text.utf8 {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}
