internal import Database

extension Schema {
    static let clientKeys = Migration(
        number: 15, name: "limits of client keys",
        sql: """
            -- What a key of the proxy may use: names separated by commas, and tokens a day. NULL for no limit.
            ALTER TABLE credentials ADD COLUMN models TEXT;
            ALTER TABLE credentials ADD COLUMN tokens_per_day INTEGER;

            -- Tokens by day (in UTC, counted from 1970) and client. Each process has rows of its own, by which it can
            -- tell what the others have added.
            CREATE TABLE proxy_days (
                day INTEGER NOT NULL,
                client TEXT NOT NULL,
                process TEXT NOT NULL,
                tokens INTEGER NOT NULL,
                PRIMARY KEY (day, client, process)
            ) WITHOUT ROWID;
            """)
}
