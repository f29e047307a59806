internal import Chat
internal import People
internal import Primitives
internal import Push
internal import Store
internal import Threads

/// What one browser gets of what changes: by its person's rights and choice. Pure but for what it reads.
struct PushReader: Sendable {
    let subscription: PushSubscription
    let principal: Principal
    let choice: NotificationChoice

    private static let day: Int64 = 24 * 3_600_000
    /// Of a line, in bytes.
    private static let lineLimit = 300

    /// The message for a change; nil for one that does not notify this person.
    func note(
        of row: ChangeRow, in ledger: Ledger, at now: Int64, heldUntil: Int64?
    ) throws -> PushNote? {
        guard let found = try self.found(row, in: ledger, at: now) else { return nil }
        let line =
            switch self.choice.content {
            case .none: ""
            case .title: found.place
            case .text: [found.line, found.place].filter { !$0.isEmpty }.joined(separator: "\n")
            }
        return PushNote(
            for: self.subscription.id, found.kind, row.subject, session: row.session.isEmpty ? nil : row.session,
            title: self.choice.content == .none ? found.kind.bareTitle : found.title,
            line: line, path: found.path, at: now, heldUntil: heldUntil,
            endsAt: min((heldUntil ?? now) + Self.day, found.endsAt))
    }

    private struct Found {
        let kind: NotificationChoice.Kind
        let title: String
        /// Where it is.
        let place: String
        let line: String
        let path: String
        var endsAt = Int64.max
    }

    private func found(_ row: ChangeRow, in ledger: Ledger, at now: Int64) throws -> Found? {
        switch row.kind {
        case .ask: try self.ask(row.subject, in: ledger, at: now)
        case .operation: try self.answer(row.subject, in: ledger, at: now)
        case .mention: try self.mention(row, in: ledger, at: now)
        case .thread, .commit, .document, .task, nil: nil
        }
    }

    private func ask(_ id: String, in ledger: Ledger, at now: Int64) throws -> Found? {
        guard self.choice.kinds.contains(.asks), let ask = try self.openAsk(id, in: ledger, at: now),
            let session = try ledger.session(id: ask.session)
        else { return nil }
        return Found(
            kind: .asks, title: "Jetbridge needs you", place: session.shownTitle, line: Self.line(of: ask.lead),
            path: Self.path(of: session), endsAt: ask.expiresAt)
    }

    /// An open ask that the person may answer.
    private func openAsk(_ id: String, in ledger: Ledger, at now: Int64) throws -> AskRecord? {
        guard let ask = try ledger.ask(id: id), ask.state == .open, ask.expiresAt > now,
            let session = try ledger.session(id: ask.session)
        else { return nil }
        let right = try ledger.right(of: self.principal.visitor, in: session, at: now)
        return self.principal.mayAnswer(ask, with: right) ? ask : nil
    }

    /// The end of an answer to this person on the page; on other networks, the answer itself notifies them.
    private func answer(_ id: String, in ledger: Ledger, at now: Int64) throws -> Found? {
        guard self.choice.kinds.contains(.answers), let turn = try ledger.turn(id: id), turn.kind != .command,
            turn.state == .complete || turn.state == .failed, self.principal.identities.contains(turn.sender.id),
            let session = try ledger.session(id: turn.session), session.key.adapter == WebAdapter.adapterID,
            try ledger.right(of: self.principal.visitor, in: session, at: now) != nil
        else { return nil }
        let text = try self.choice.content == .text ? ledger.answer(of: turn)?.text ?? "" : ""
        return Found(
            kind: .answers, title: turn.state == .complete ? "The answer is complete" : "The answer failed",
            place: session.shownTitle, line: Self.line(of: text), path: Self.path(of: session))
    }

    private func mention(_ row: ChangeRow, in ledger: Ledger, at now: Int64) throws -> Found? {
        guard self.choice.kinds.contains(.mentions), let person = row.owner,
            self.principal.identities.contains(person), let number = Int64(row.subject),
            let mention = try ledger.mention(number, for: self.principal.visitor, at: now), !mention.isSeen
        else { return nil }
        let session = try mention.text.session.flatMap { try ledger.session(id: $0) }
        let author = mention.text.authorName.isEmpty ? "Somebody" : VisibleText.line(mention.text.authorName)
        return Found(
            kind: .mentions, title: "\(author) mentioned you",
            place: mention.text.kind == .message ? session?.shownTitle ?? "" : mention.text.subject,
            line: Self.line(of: mention.text.excerpt), path: mention.path)
    }

    /// Whether a stored message still says something new to this person, who may have lost their access meanwhile.
    func isWanted(_ note: PushNote, in ledger: Ledger, at now: Int64) throws -> Bool {
        switch note.kind {
        case .asks: return try self.openAsk(note.subject, in: ledger, at: now) != nil
        case .mentions:
            guard let number = Int64(note.subject) else { return false }
            return try ledger.mention(number, for: self.principal.visitor, at: now)?.isSeen == false
        case .answers:
            guard let session = try note.session.flatMap({ try ledger.session(id: $0) }) else { return false }
            return try ledger.right(of: self.principal.visitor, in: session, at: now) != nil
        case nil: return true
        }
    }

    private static func path(of session: SessionRecord) -> String { "/#/t/\(session.id)" }

    /// The first line with words, without the signs of Markdown that begin and emphasise it.
    private static func line(of text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).lazy.map { line in
            VisibleText.line(String(line).filter { !"*`#>_".contains($0) }).trimmed
        }
        return (lines.first { !$0.isEmpty } ?? "").beginning(bytes: Self.lineLimit)
    }
}

extension NotificationChoice.Kind {
    /// What a push says that says nothing of its subject.
    fileprivate var bareTitle: String {
        switch self {
        case .asks: "Jetbridge needs you"
        case .answers: "An answer has ended"
        case .mentions: "Somebody mentioned you"
        }
    }
}
