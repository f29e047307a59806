internal import Chat

/// What a start does about the last run's end. One transaction.
struct Recovery: Sendable {
    let environment: BridgeEnvironment
    let adapters: AdapterRegistry

    /// A turn that nobody has seen anything of is begun again this often.
    private static let attempts = 2

    /// Returns the turns to take up, oldest first.
    func run(in ledger: Ledger) throws -> [(key: ThreadKey, turn: TurnRecord)] {
        try ledger.markInterruptedSends()
        for change in try ledger.newChanges() { try self.apply(change, in: ledger) }
        var resumed: [(key: ThreadKey, turn: TurnRecord)] = []
        for var turn in try ledger.openTurns() {
            guard let session = try ledger.session(id: turn.session) else { continue }
            if turn.state == .running {
                guard try self.mayRepeat(turn, in: ledger) else {
                    try self.close(turn, in: ledger)
                    continue
                }
                turn.state = .queued
            }
            resumed.append((session.key, turn))
        }
        return resumed
    }

    /// A change that was stored and not handled: its message waits still, unless it was answered before the end.
    private func apply(_ stored: StoredChange, in ledger: Ledger) throws {
        let received = try ledger.received(stored.change.reference)
        if let received, let message = received.message, stored.change.counts(for: message.sender) {
            switch stored.change {
            case .edit(let edit): try ledger.edit(received, to: edit.text)
            case .deletion: try ledger.finishEvent(received.number, turn: nil)
            }
        } else if let turn = try received?.turn.flatMap({ try ledger.turn(id: $0) }), turn.state == .queued,
            stored.change.counts(for: turn.sender)
        {
            return try self.apply(stored, to: turn, in: ledger)
        }
        try ledger.finishEvent(stored.number, turn: nil)
    }

    private func apply(_ stored: StoredChange, to turn: TurnRecord, in ledger: Ledger) throws {
        guard case .edit(let edit) = stored.change else {
            try self.drop(turn, because: Conversation.deletedReason, in: ledger)
            return try ledger.finishEvent(stored.number, turn: nil)
        }
        let sign = self.adapters.traits(of: edit.reference.room).commandSign
        switch EditedTurn.determine(edit.text, for: turn, sign: sign) {
        case .unchanged: break
        case .question(let text): try ledger.edit(turn, written: edit.text, asked: text)
        case .message:
            guard let thread = try ledger.session(id: turn.session)?.key else { break }
            try self.drop(turn, because: "Edited into another message.", in: ledger)
            _ = try ledger.renew(stored, as: Conversation.message(of: turn, reading: edit, in: thread))
            return
        }
        try ledger.finishEvent(stored.number, turn: nil)
    }

    private func drop(_ turn: TurnRecord, because reason: String, in ledger: Ledger) throws {
        let now = self.environment.now()
        try ledger.drop(turn, because: reason, at: now)
        let last = try ledger.frames(of: turn.id, after: 0).last?.sequence ?? 0
        try ledger.insert([
            LiveFrame(operation: turn.id, sequence: last + 1, kind: .error, content: reason, timestamp: now)
        ])
    }

    private func mayRepeat(_ turn: TurnRecord, in ledger: Ledger) throws -> Bool {
        guard turn.attempts < Self.attempts else { return false }
        let wasSeen =
            try ledger.frames(of: turn.id, after: 0).contains { $0.kind == .execution }
            || ledger.outbox(ofTurn: turn.id).contains { $0.kind != .note }
            || !ledger.commits(of: turn.id).isEmpty
        return !wasSeen
    }

    /// What was shown stays, as a finished text where it was growing: all that was stored of it. One note tells what
    /// happened.
    private func close(_ turn: TurnRecord, in ledger: Ledger) throws {
        let now = self.environment.now()
        let frames = try ledger.frames(of: turn.id, after: 0)
        let answer = frames.filter { $0.kind == .execution }.map(\.content).joined()
        let traits = self.adapters.traits(of: turn.route.room)
        var poster = AnswerPoster(
            traits: traits, renderer: self.adapters[turn.route.room.adapter]?.renderer ?? PlainRenderer())
        var rest = poster.isGrowing ? poster.rest(of: Array(answer.utf8)) : []
        // Its first words may stand there before they are stored; they end as they are.
        if rest.isEmpty, poster.isGrowing, !poster.isDrafting {
            let previews = try ledger.outbox(ofTurn: turn.id).filter { $0.kind == .preview }
            rest = previews.filter { $0.reference != nil || $0.state == .unknown }.prefix(1).map(\.text)
        }
        let closing = TurnClosing(
            turn: turn, outcome: .interrupted, answer: answer, rest: rest,
            note: TurnOutcome.interrupted.note(sign: traits.commandPrefix), isShortened: poster.isShortened,
            isNewlyShortened: false, excerpt: traits.excerptMessages, isUploading: false, surplus: .kept, usage: [],
            summary: nil,
            publicURL: self.environment.settings.publicURL, at: now)
        let last = LiveFrame(
            operation: turn.id, sequence: (frames.last?.sequence ?? 0) + 1, kind: .error, content: closing.lastFrame,
            timestamp: now)
        _ = try closing.write(to: ledger, frames: [last], poster: poster)
    }
}
