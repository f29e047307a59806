internal import Database

extension Schema {
    static let questions = Migration(
        number: 10, name: "questions",
        sql: """
            -- `question` is what is asked, of asks that permit nothing. `worker` and `payload` are what the answer
            -- begins; without a worker, a turn waits for it. `bound` may be an array: several approvals in one ask.
            ALTER TABLE asks ADD COLUMN question TEXT;
            ALTER TABLE asks ADD COLUMN worker TEXT;
            ALTER TABLE asks ADD COLUMN payload TEXT;

            -- The ask whose answer has begun the turn.
            ALTER TABLE turns ADD COLUMN ask TEXT;
            """)
}
