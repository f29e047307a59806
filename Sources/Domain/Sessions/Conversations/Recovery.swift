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

    private func mayRepeat(_ turn: TurnRecord, in ledger: Ledger) throws -> Bool {
        guard turn.attempts < Self.attempts else { return false }
        let wasSeen =
            try ledger.frames(of: turn.id, after: 0).contains { $0.kind == .execution }
            || ledger.outbox(ofTurn: turn.id).contains { $0.kind != .note }
            || !ledger.commits(of: turn.id).isEmpty
        return !wasSeen
    }

    /// What was shown stays; one note tells what happened.
    private func close(_ turn: TurnRecord, in ledger: Ledger) throws {
        let now = self.environment.now()
        let frames = try ledger.frames(of: turn.id, after: 0)
        let answer = frames.filter { $0.kind == .execution }.map(\.content).joined()
        let traits = self.adapters.traits(of: turn.route.room)
        let poster = AnswerPoster(
            traits: traits, renderer: self.adapters[turn.route.room.adapter]?.renderer ?? PlainRenderer())
        let closing = TurnClosing(
            turn: turn, outcome: .interrupted, answer: answer, rest: [],
            note: TurnOutcome.interrupted.note(sign: traits.commandSign), isShortened: false, isNewlyShortened: false,
            excerpt: traits.excerptMessages, usage: [], summary: nil,
            publicURL: self.environment.settings.publicURL, at: now)
        let last = LiveFrame(
            operation: turn.id, sequence: (frames.last?.sequence ?? 0) + 1, kind: .error, content: closing.lastFrame,
            timestamp: now)
        _ = try closing.write(to: ledger, frames: [last], render: { poster.messages(for: $0) })
    }
}
