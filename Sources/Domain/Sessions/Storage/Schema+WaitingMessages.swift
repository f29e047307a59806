internal import Database

extension Schema {
    static let waitingMessages = Migration(
        number: 36, name: "room for messages that wait",
        sql: """
            -- While a message waits: whose quota it counts for, how many bytes, and the thread that it begins.
            ALTER TABLE inbox ADD COLUMN payer TEXT;
            ALTER TABLE inbox ADD COLUMN bytes INTEGER;
            ALTER TABLE inbox ADD COLUMN opens TEXT;
            -- What the thread had chosen when the turn's prompt was made; empty for the defaults.
            ALTER TABLE turns ADD COLUMN persona TEXT;
            ALTER TABLE turns ADD COLUMN repository TEXT;
            ALTER TABLE turns ADD COLUMN feature TEXT;
            CREATE INDEX inbox_waiting ON inbox (payer, bytes, opens) WHERE state = 'new';
            """,
        minReader: 33)
}
