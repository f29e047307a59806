extension StoreSchema {
    /// Questions to people, and what they decided for later.
    static let asks = SchemaPart(
        tables: """
            -- `lead`, `options` and `tail` are the message; `bound` is what an answer permits, or an array of it, and `digest`
            -- proves it.
            CREATE TABLE asks (
                number INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                session TEXT NOT NULL,
                turn TEXT NOT NULL,
                kind TEXT NOT NULL,
                lead TEXT NOT NULL,
                tail TEXT NOT NULL,
                options TEXT NOT NULL,
                rule TEXT NOT NULL,
                requester TEXT NOT NULL,
                bound TEXT,
                digest TEXT NOT NULL,
                adapter TEXT NOT NULL,
                room TEXT NOT NULL,
                route TEXT NOT NULL,
                message INTEGER NOT NULL,
                created_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                state TEXT NOT NULL,
                answer TEXT,
                reason TEXT,
                decider TEXT,
                decided_at INTEGER,
                taken_at INTEGER,
                -- 1: the message in the thread shows the outcome.
                shown INTEGER,
                -- What is asked, of asks that permit nothing.
                question TEXT,
                -- What the answer begins; without a worker, a turn waits for it.
                worker TEXT,
                payload TEXT
            );
            CREATE INDEX asks_open ON asks (adapter, room, number) WHERE state = 'open';
            CREATE INDEX asks_by_turn ON asks (turn, number);
            CREATE INDEX asks_unshown ON asks (number) WHERE shown IS NULL AND state <> 'open';

            -- "Always in this thread": `giver` has approved everything with this digest.
            CREATE TABLE standing_approvals (
                session TEXT NOT NULL,
                digest TEXT NOT NULL,
                giver TEXT NOT NULL,
                sender TEXT NOT NULL,
                ask TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                PRIMARY KEY (session, digest, giver)
            ) WITHOUT ROWID;

            -- People who were notified that an answer by a button or a reaction does not count; it happens once.
            CREATE TABLE ask_notices (ask TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (ask, person)) WITHOUT ROWID;
            """)
}
