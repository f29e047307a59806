internal import Database

/// The steps of turns.
extension Ledger {
    package func insert(_ steps: [StepRow], ofTurn turn: String) throws {
        for step in steps {
            try self.connection.execute(
                "INSERT INTO steps (turn, number, elapsed, event, checkpoint) VALUES (?, ?, ?, ?, ?)",
                [
                    .text(turn), .integer(Int64(step.number)), .integer(Int64(step.elapsed)), .text(step.event),
                    .integer(step.isCheckpoint ? 1 : 0),
                ])
        }
    }

    /// The steps with larger numbers than `number`, in order, at most `limit`.
    package func steps(ofTurn turn: String, after number: Int, limit: Int) throws -> [StepRow] {
        try self.connection.query(
            "SELECT * FROM steps WHERE turn = ? AND number > ? ORDER BY number LIMIT ?",
            [.text(turn), .integer(Int64(number)), .integer(Int64(limit))]
        ).map(Self.step)
    }

    /// The last `limit` steps with larger numbers than `number`, in order; fewer where their events would exceed `bytes`,
    /// but at least one. `isCut`: there are more than these.
    package func lastSteps(
        ofTurn turn: String, after number: Int, limit: Int, bytes: Int
    ) throws -> (steps: [StepRow], isCut: Bool) {
        let sizes = try self.connection.query(
            """
            SELECT number, \(self.connection.dialect.bytes(of: "event")) AS bytes FROM steps
            WHERE turn = ? AND number > ? ORDER BY number DESC LIMIT ?
            """, [.text(turn), .integer(Int64(number)), .integer(Int64(limit + 1))])
        var first: Int64?
        var (count, left) = (0, Int64(bytes))
        for size in sizes.prefix(limit) {
            left -= try size.integer("bytes")
            guard count == 0 || left >= 0 else { break }
            first = try size.integer("number")
            count += 1
        }
        guard let first else { return ([], false) }
        let steps = try self.connection.query(
            "SELECT * FROM steps WHERE turn = ? AND number >= ? ORDER BY number LIMIT ?",
            [.text(turn), .integer(first), .integer(Int64(count))]
        ).map(Self.step)
        return (steps, count < sizes.count)
    }

    /// The newest turn of a session that has steps; nil without one.
    package func lastTurnWithSteps(of session: String) throws -> TurnRecord? {
        try self.connection.query(
            """
            SELECT id FROM turns WHERE session = ? AND kind <> 'command'
            AND EXISTS (SELECT 1 FROM steps WHERE steps.turn = turns.work) ORDER BY number DESC LIMIT 1
            """, [.text(session)]
        ).first.flatMap { try self.turn(id: try $0.text("id")) }
    }

    package func lastCheckpoint(ofTurn turn: String) throws -> StepRow? {
        try self.connection.query(
            "SELECT * FROM steps WHERE turn = ? AND checkpoint = 1 ORDER BY number DESC LIMIT 1", [.text(turn)]
        ).first.map(Self.step)
    }

    private static func step(_ row: Row) throws -> StepRow {
        StepRow(
            number: Int(try row.integer("number")), elapsed: Int(try row.integer("elapsed")),
            event: try row.text("event"), isCheckpoint: try row.integer("checkpoint") == 1)
    }
}
