extension StoreSchema {
    /// What GitHub reports, who watches it, and who signs in there.
    static let gitHub = SchemaPart(
        tables: """
            -- Deliveries of GitHub's webhook: `delivery` is GitHub's own id, and `events` what is of interest in the
            -- delivery, a JSON array. Handled ones keep only the id.
            CREATE TABLE github_deliveries (
                number INTEGER PRIMARY KEY,
                delivery TEXT NOT NULL UNIQUE,
                events TEXT NOT NULL,
                state TEXT NOT NULL,
                received_at INTEGER NOT NULL
            );
            CREATE INDEX github_deliveries_new ON github_deliveries (number) WHERE state = 'new';

            -- The branches that threads work on. `repository` is the name in the configuration, `head` the last commit
            -- of the branch that was seen on GitHub.
            CREATE TABLE github_watches (
                session TEXT NOT NULL,
                repository TEXT NOT NULL,
                branch TEXT NOT NULL,
                pull INTEGER,
                head TEXT,
                created_at INTEGER NOT NULL,
                active_at INTEGER NOT NULL,
                PRIMARY KEY (session, repository, branch)
            ) WITHOUT ROWID;

            -- What a thread has learnt: `item` is JSON, `state` is open or answered.
            CREATE TABLE github_news (
                number INTEGER PRIMARY KEY,
                session TEXT NOT NULL,
                key TEXT NOT NULL,
                kind TEXT NOT NULL,
                sha TEXT,
                item TEXT NOT NULL,
                state TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                UNIQUE (session, key)
            );

            -- Commits that were pushed from here, or are about to be.
            CREATE TABLE github_pushes (
                sha TEXT PRIMARY KEY,
                created_at INTEGER NOT NULL
            ) WITHOUT ROWID;

            -- Sign-ins of people that wait for GitHub's approval.
            CREATE TABLE github_sign_ins (
                person TEXT PRIMARY KEY,
                id TEXT NOT NULL,
                session TEXT NOT NULL,
                created_at INTEGER NOT NULL
            ) WITHOUT ROWID;
            """)
}
