internal import Chat

/// Everything that the end of a turn writes, as a value; ``write(to:frames:poster:)`` is its one transaction.
struct TurnClosing: Sendable {
    let turn: TurnRecord
    let outcome: TurnOutcome
    let answer: String
    /// Rendered messages of the answer that are not in the outbox yet.
    let rest: [String]
    let note: String?
    let isShortened: Bool
    /// It became too long with its last paragraph: what waits beyond the excerpt is dropped.
    let isNewlyShortened: Bool
    let excerpt: Int
    /// The whole of a shortened answer is posted as a file, not as a link.
    let isUploading: Bool
    /// What becomes of messages that grew and are not needed now.
    let surplus: OutboxItem.Surplus
    let usage: [(model: String, input: Int, output: Int)]
    let summary: HistorySummary?
    let publicURL: String
    let at: Int64

    /// Whether there is something to post that nobody has stopped.
    var isPostedAtOnce: Bool { self.outcome == .complete && !self.rest.isEmpty }

    /// The content of the last frame: the whole answer, or the line that says what happened.
    var lastFrame: String { self.outcome == .complete ? self.answer : self.note ?? "" }

    func write(
        to ledger: Ledger, frames: [LiveFrame], poster: AnswerPoster
    ) throws -> [OutboxItem] {
        try ledger.insert(frames)
        let error = self.outcome == .complete ? nil : self.note
        try ledger.end(self.turn.id, self.outcome.state, error: error, at: self.at)
        for entry in self.usage {
            try ledger.addUsage(self.turn.id, model: entry.model, input: entry.input, output: entry.output)
        }
        try self.keepSummary(in: ledger)
        if self.isNewlyShortened { _ = try ledger.dropPending(ofTurn: self.turn.id, keeping: self.excerpt) }
        // Who stops an answer does not want to read what is still on its way.
        if self.outcome == .stopped { _ = try ledger.dropPending(ofTurn: self.turn.id, keeping: 0) }
        let (finals, surplus) = try ledger.finishPreviews(
            ofTurn: self.turn.id, with: self.rest, surplus: self.surplus)
        var items = finals + surplus
        // What a stopped answer showed stands there already, except where it was a draft.
        let isShown = self.outcome == .stopped && !poster.isDrafting
        let rest = isShown ? [] : self.rest.dropFirst(finals.count)
        items += try rest.map { try self.insert($0, as: .final, into: ledger) }
        if !self.answer.isEmpty {
            let id = try ledger.insertMessage(
                session: self.turn.session, turn: self.turn.id, role: .assistant, text: self.answer, at: self.at)
            if self.isShortened { items += try self.insertWhole(id, into: ledger, poster: poster) }
        }
        if let note = self.note {
            try ledger.insertMessage(
                session: self.turn.session, turn: self.turn.id, role: .note, text: note, at: self.at)
            // Who typed `stop` has its reply already.
            if self.outcome != .stopped {
                items += try poster.lines(for: note, offering: self.outcome.buttons).map {
                    try self.insert($0.text, as: .note, buttons: $0.buttons, into: ledger)
                }
            }
        }
        return items
    }

    /// The way to the whole of a shortened answer, which is the message `id`.
    private func insertWhole(_ id: Int64, into ledger: Ledger, poster: AnswerPoster) throws -> [OutboxItem] {
        let lines = poster.messages(for: "The whole answer: \(self.publicURL)/a/\(id)")
        guard self.isUploading, let line = lines.first else {
            return try lines.map { try self.insert($0, as: .final, into: ledger) }
        }
        return [
            try ledger.insertOutbox(
                session: self.turn.session, turn: self.turn.id, kind: .file, route: self.turn.route, text: line,
                message: id, at: self.at)
        ]
    }

    private func insert(
        _ text: String, as kind: OutboxItem.Kind, buttons: [MessageButton] = [], into ledger: Ledger
    ) throws -> OutboxItem {
        try ledger.insertOutbox(
            session: self.turn.session, turn: self.turn.id, kind: kind, route: self.turn.route, text: text,
            buttons: buttons, at: self.at)
    }

    private func keepSummary(in ledger: Ledger) throws {
        guard let summary = self.summary, var session = try ledger.session(id: self.turn.session),
            // `new` in the middle of the turn has left that behind.
            summary.through > session.epoch
        else { return }
        session.summary = summary
        try ledger.update(session)
    }
}
