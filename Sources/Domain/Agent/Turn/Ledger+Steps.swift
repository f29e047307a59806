internal import Database
internal import Store

/// A stored step of a turn.
struct StepRow: Sendable {
    /// From 1, without gaps within a turn.
    let number: Int
    /// The turn's own time in milliseconds.
    let elapsed: Int
    /// JSON.
    let event: String
    /// Later steps need no row before this one.
    let isCheckpoint: Bool
}

/// The steps of turns.
extension Ledger {
    func insert(_ steps: [StepRow], ofTurn turn: String) throws {
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
    func steps(ofTurn turn: String, after number: Int, limit: Int) throws -> [StepRow] {
        try self.connection.query(
            "SELECT * FROM steps WHERE turn = ? AND number > ? ORDER BY number LIMIT ?",
            [.text(turn), .integer(Int64(number)), .integer(Int64(limit))]
        ).map(Self.step)
    }

    /// The last `limit` steps with larger numbers than `number`, in order; fewer where their events would exceed `bytes`,
    /// but at least one. `isCut`: there are more than these.
    func lastSteps(
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

    func lastCheckpoint(ofTurn turn: String) throws -> StepRow? {
        try self.connection.query(
            "SELECT * FROM steps WHERE turn = ? AND checkpoint = 1 AND number > 0 ORDER BY number DESC LIMIT 1",
            [.text(turn)]
        ).first.map(Self.step)
    }

    private static func step(_ row: Row) throws -> StepRow {
        StepRow(
            number: Int(try row.integer("number")), elapsed: Int(try row.integer("elapsed")),
            event: try row.text("event"), isCheckpoint: try row.integer("checkpoint") == 1)
    }
}
