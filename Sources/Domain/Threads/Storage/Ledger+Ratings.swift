package import Analytics
internal import Chat
internal import Database
internal import Primitives
package import Store

extension Ledger {
    /// The longest word that is kept with a rating, in bytes.
    package static let ratingWordLimit = 1_000

    /// Notes what a person thinks of a turn's answer, in place of what they thought before; nil takes that back. A rating
    /// without a word keeps that of the same one before. False if there is no such answer.
    package func rate(
        _ rating: Rating?, _ word: String?, turn id: String, by person: String, from origin: UsageOrigin, at now: Int64
    ) throws -> Bool {
        guard let turn = try self.turn(id: id), turn.kind.isAnswer, turn.state != .queued, turn.state != .running else {
            return false
        }
        let old = try self.connection.first(
            "SELECT value, word FROM ratings WHERE turn = ? AND person = ?", [.text(id), .text(person)])
        let before = try old.flatMap { Rating(rawValue: try $0.text("value")) }
        if let rating {
            let kept = before == rating ? try old?.optionalText("word") : nil
            try self.connection.execute(
                """
                INSERT INTO ratings (turn, person, session, value, word, at) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (turn, person) DO UPDATE SET value = excluded.value, word = excluded.word, at = excluded.at
                """,
                [
                    .text(id), .text(person), .text(turn.session), .text(rating.rawValue),
                    .optional(word.map { $0.beginning(bytes: Self.ratingWordLimit) } ?? kept), .integer(now),
                ])
        } else {
            try self.connection.execute(
                "DELETE FROM ratings WHERE turn = ? AND person = ?", [.text(id), .text(person)])
        }
        guard before != rating else { return true }
        let change = { (value: Rating) -> Int64 in (rating == value ? 1 : 0) - (before == value ? 1 : 0) }
        let (up, down) = (change(.up), change(.down))
        if try self.changeRecord(ofRatings: turn, up, down) { return true }
        var record = UsageRecord("rating", began: now, at: now)
        record.model =
            try self.connection.first(
                "SELECT model FROM usage_records WHERE session = ? AND operation = ? AND kind = 'turn' ORDER BY id DESC LIMIT 1",
                [.text(turn.session), .text(id)])?.text("model") ?? ""
        (record.thumbsUp, record.thumbsDown) = (up, down)
        try self.insert([record], ofTurn: id, from: origin)
        return true
    }

    /// Changes the newest record of a turn's ratings, because somebody may change theirs any number of times. Returns false
    /// if all records are in the sums already. ``sumUsage()`` adds a record only some minutes after it has first seen it, so
    /// none is added during this transaction.
    private func changeRecord(ofRatings turn: TurnRecord, _ up: Int64, _ down: Int64) throws -> Bool {
        try self.connection.rowsChanged(
            by: """
                UPDATE usage_records SET thumbs_up = thumbs_up + ?, thumbs_down = thumbs_down + ? WHERE id = (
                    SELECT MAX(latest.id) FROM usage_records AS latest
                    WHERE latest.session = ? AND latest.operation = ? AND latest.kind = 'rating'
                    AND latest.id > (SELECT floors.id FROM floors WHERE name = 'usage_seen'))
                """, [.integer(up), .integer(down), .text(turn.session), .text(turn.id)]) > 0
    }

    /// What was said of answers, the newest first.
    ///
    /// - Parameters:
    ///   - session: Nil for all threads.
    ///   - person: Nil for what everybody said.
    package func ratings(of session: String?, by person: String?, limit: Int) throws -> [RatedAnswer] {
        let isThreads = session == nil ? "CAST($1 AS TEXT) IS NULL" : "ratings.session = $1"
        return try self.connection.query(
            """
            SELECT ratings.turn, ratings.person, ratings.session, ratings.value, ratings.word, ratings.at, turns.model,
            substr(sessions.title, 1, \(ThreadTitle.byteLimit)) AS title, sessions.persona
            FROM ratings JOIN turns ON turns.id = ratings.turn JOIN sessions ON sessions.id = ratings.session
            WHERE \(isThreads) AND (CAST($2 AS TEXT) IS NULL OR ratings.person = $2)
            ORDER BY ratings.at DESC, ratings.turn, ratings.person LIMIT $3
            """, [.optional(session), .optional(person), .integer(Int64(limit))]
        ).compactMap { row in
            guard let rating = Rating(rawValue: try row.text("value")) else { return nil }
            return RatedAnswer(
                turn: try row.text("turn"), session: try row.text("session"),
                title: try row.text("title").beginning(bytes: ThreadTitle.byteLimit), person: try row.text("person"),
                rating: rating, word: try row.optionalText("word"),
                model: try row.optionalText("model"), persona: try row.optionalText("persona"),
                at: try row.integer("at"))
        }
    }

    /// The last ended answer in a session; nil for none.
    package func lastRatable(of session: String) throws -> String? {
        let kinds = TurnKind.allCases.filter(\.isAnswer).map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return try self.connection.first(
            """
            SELECT id FROM turns WHERE session = ? AND kind <> 'command' AND kind IN (\(kinds))
            AND state NOT IN ('queued', 'running') AND aside IS NULL ORDER BY number DESC LIMIT 1
            """, [.text(session)])?.text("id")
    }
}

/// What a person said of an answer.
package struct RatedAnswer: Sendable {
    package let turn: String
    package let session: String
    /// The thread's.
    package let title: String
    package let person: String
    package let rating: Rating
    package let word: String?
    package let model: String?
    package let persona: String?
    package let at: Int64
}

extension TurnKind {
    /// Whether a model answers.
    fileprivate var isAnswer: Bool { !self.isWork && self != .command }
}
