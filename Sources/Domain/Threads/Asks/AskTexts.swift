package import Chat
internal import Primitives
internal import Words

/// What people read about asks.
package enum AskTexts {
    // MARK: The outcome

    /// Who decided what, as plain text.
    ///
    /// - Parameter times: how it says when; nil to leave that out.
    package static func outcome(of ask: AskRecord, times: RoomTraits.Times? = nil) -> String {
        let name = ask.decider.map { Self.plainName(of: $0) + Self.time(ofDecision: ask, times) } ?? ""
        switch ask.state {
        case .open: return worded("Open")
        case .expired: return worded("Expired")
        case .stopped: return ask.kind == .approval ? worded("Denied by \(name): stopped") : worded("Closed by \(name)")
        case .answered: break
        }
        let reason = ask.reason.map { ": \($0)" } ?? ""
        if ask.kind == .access {
            return ask.grantedRole.map { worded("Let in as \(english: "a ")\($0.rawValue) by \(name)") }
                ?? worded("Denied by \(name)")
        }
        guard ask.kind == .approval || ask.kind == .extension else {
            guard let answer = ask.answer else { return worded("Answered by \(name)\(reason)") }
            return worded("Answered by \(name): \(ask.option(answer)?.label ?? answer)\(reason)")
        }
        if ask.isDenied { return worded("Denied by \(name)\(reason)") }
        guard ask.isBatch, ask.answer != AskRecord.all, !ask.isForLater else { return worded("Approved by \(name)") }
        let denied = ask.bindings.indices.map { AskRecord.letter($0) }.filter { !ask.chosenLetters.contains($0) }
        return worded(
            "Approved by \(name): \(ask.chosenLetters.joined(separator: ", ")). "
                + "Denied: \(denied.joined(separator: ", "))\(reason)")
    }

    static let stopped = "stopped"

    /// The outcome on one line of Markdown with its time, at most `limit` characters of a reason.
    package static func outcomeLine(
        of ask: AskRecord, limit: Int = 500, times: RoomTraits.Times = .utc
    ) -> String {
        var shown = ask
        shown.reason = ask.reason.map { reason in
            // One character may be as long as a message.
            let start = reason.beginning(bytes: 8 * limit)
            let isWhole = start.utf8.count == reason.utf8.count && start.count <= limit
            return isWhole ? reason : "\(start.prefix(limit))…"
        }
        return Self.escaped(VisibleText.strictLine(Self.outcome(of: shown, times: times)))
    }

    // MARK: In a list

    /// An open ask in one line of `status`: its id, kind, first words and end, as the network shows times.
    package static func statusLine(_ ask: AskRecord, as times: RoomTraits.Times, at now: Int64) -> String {
        let more = ask.isBatch ? worded(" and \(ask.bindings.count - 1) more") : ""
        let text = ask.question?.text ?? ask.bindings.first?.request.subject ?? ask.lead
        return worded("open: `\(ask.id)` (\(ask.kind.rawValue)) \(EscapedText.code(Self.firstWords(text)))\(more)")
            + ", "
            + Self.end(of: ask, as: times, at: now)
    }

    /// The beginning of what is asked, on one line of plain text.
    package static func firstWords(_ text: String, limit: Int = 60) -> String {
        let start = text.beginning(bytes: 4_096)
        let lines = start.split(whereSeparator: \.isNewline)
        let first = VisibleText.strictLine(String(lines.first { !$0.allSatisfy(\.isWhitespace) } ?? "").trimmed)
        return first.shortened(to: limit, isCut: lines.count > 1 || start.utf8.count < text.utf8.count)
    }

    // MARK: Replies

    package static var nothingToApprove: String { worded("Nothing waits for approval here.") }

    package static func several(_ ids: [String], sign: CommandSign) -> String {
        worded(
            "Several approvals are open here: \(ids.map { "`\($0)`" }.joined(separator: ", ")). "
                + "Say which one, as in \(sign.command("approve \(ids.first ?? "")")).")
    }

    package static func unknown(_ id: String) -> String {
        worded("No approval \(EscapedText.code(VisibleText.strictLine(id.beginning(bytes: 20)))) is open here.")
    }

    package static func elsewhere(_ id: String) -> String {
        worded("`\(id)` was asked in another thread. Answer it there, or with `jetbridge approve \(id)` on the host.")
    }

    package static func notUnderstood(_ ask: AskRecord, sign: CommandSign) -> String {
        let id = ask.id
        let still = worded("`\(id)` is still open: that is no answer to it.")
        if ask.kind != .approval {
            let letters = ask.options.map(\.key).joined(separator: ", ")
            let how =
                letters.isEmpty
                ? worded("Answer it in your own words.") : worded("Answer with one of \(letters), or `no`.")
            return "\(still) \(how)"
        }
        let some = ask.isBatch ? "\(sign.command("approve \(id) A,B")), " : ""
        let how = worded(
            "Type \(sign.command("approve \(id)")), \(some)\(sign.command("approve \(id) always")) or "
                + "\(sign.command("deny \(id) REASON")).")
        return "\(still) \(how)"
    }

    package static func notAllowed(_ ask: AskRecord, _ sender: Sender, as role: Role?) -> String {
        switch ask.rule {
        case .otherOwners where sender.mayBeSamePerson(as: ask.requester):
            role == .owner
                ? worded("You asked for `\(ask.id)` yourself, so another owner has to decide it.")
                : worded("You asked for `\(ask.id)` yourself, so an owner has to decide it.")
        case .otherOwners: worded("Only an owner can decide `\(ask.id)`.")
        case .owners: worded("Only an owner can decide `\(ask.id)`.")
        case .members: worded("Only a member or an owner can decide `\(ask.id)`.")
        case .requester, .asker:
            worded("Only \(Self.name(of: ask.requester)), who asked, or an owner can decide `\(ask.id)`.")
        }
    }

    package static func alreadySettled(_ ask: AskRecord) -> String {
        worded("`\(ask.id)` is closed: \(Self.outcomeLine(of: ask))")
    }

    package static func altered(_ id: String) -> String {
        worded("`\(id)` does not match what was stored, so it cannot be decided. Ask for it again.")
    }

    package static func settled(_ ask: AskRecord) -> String { "`\(ask.id)`: \(Self.outcomeLine(of: ask))" }

    package static func waits(for ask: AskRecord) -> String {
        ask.kind == .approval
            ? worded("Waiting for approval `\(ask.id)`.") : worded("Waiting for an answer to `\(ask.id)`.")
    }

    package static func closed(_ asks: [AskRecord]) -> String {
        worded("Closed \(asks.map { "`\($0.id)`" }.joined(separator: ", ")).")
    }

    // MARK: Not asked

    package static let policy = "the host's rules"
    package static let guest = "guests cannot ask for approvals"
    package static let empty = "there is nothing to approve"

    package static func hasChanged(since id: String) -> String {
        "what it would do has changed since `\(id)` asked about it; look at it again and make a new call"
    }

    package static let emptyQuestion = "Not asked: the question has no text, or too many options. Ask it again."
    package static let questionTooLong =
        "Not asked: the question is too long to be shown whole in one message here. Make it shorter, or use the web chat."

    package static func tooLong(_ action: ApprovalRequest.Action) -> String {
        let what =
            switch action {
            case .run: "the command"
            case .change: "the change"
            case .reach: "the address"
            case .call: "the call"
            }
        return
            "\(what) is too long to be shown whole in one message here, so nobody was asked; make it shorter, or use "
            + "the web chat"
    }

    package static func notAsked(_ reason: String) -> String { "Not approved: \(reason)." }

    // MARK: Markdown

    /// A person's name in Markdown.
    package static func name(of sender: Sender) -> String { Self.escaped(Self.plainName(of: sender)) }

    package static func plainName(of sender: Sender) -> String {
        let name = VisibleText.strictLine(sender.displayName)
        return name.shortened(to: 60)
    }

    /// A person's name in Markdown, with what tells them apart from others who have chosen the same name.
    package static func identified(_ sender: Sender) -> String {
        let name = Self.name(of: sender)
        return Self.identity(of: sender).map { "\(name) (\(EscapedText.code($0)))" } ?? name
    }

    /// Nil where the name is the identity, as a nick of IRC, or a sign-in to the web chat gave the name. It depends on
    /// nobody else, so that the same name always looks the same.
    package static func identity(of sender: Sender) -> String? {
        let name = sender.displayName.lowercased()
        let id = sender.id.lowercased()
        let isOwn = id.hasSuffix("/\(name)") || id.hasSuffix(":\(name)") || id.contains("/mask:\(name)!")
        let isOfHost = ["web:", "host:"].contains { sender.id.hasPrefix($0) }
        guard !isOwn, !isOfHost, !sender.id.isEmpty else { return nil }
        return VisibleText.strictLine(String(sender.id.prefix(200)).beginning(bytes: 400))
    }

    package static func escaped(_ text: String) -> String {
        EscapedText.markdown(text).replacing("!", with: "\\!")
    }
}

extension AskRecord {
    /// Who asked, as plain text, with what tells them apart from others with the same name.
    package var asker: String {
        let name = self.requester.displayName
        return AskTexts.identity(of: self.requester).map { "\(name) (\($0))" } ?? name
    }
}
