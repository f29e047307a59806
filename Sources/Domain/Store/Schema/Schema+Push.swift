internal import Database

extension StoreSchema {
    /// Browsers that get messages by their push services.
    static let push = Migration(
        number: 53, name: "messages to browsers by push services",
        sql: """
            -- What somebody is notified of, as JSON; NULL for the usual.
            ALTER TABLE preferences ADD COLUMN notifications TEXT;

            -- `point` and `secret` are the browser's, `key` is the host's that it has subscribed for; in base64url.
            CREATE TABLE push_subscriptions (
                id TEXT PRIMARY KEY,
                credential TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
                endpoint TEXT NOT NULL UNIQUE,
                point TEXT NOT NULL,
                secret TEXT NOT NULL,
                key TEXT NOT NULL,
                created_at INTEGER NOT NULL
            );
            CREATE INDEX push_subscriptions_by_credential ON push_subscriptions (credential);

            -- What waits to be pushed. `kind` is NULL for a summary, `held` is 1 for what becomes part of one at `next_at`.
            CREATE TABLE pushes (
                number INTEGER PRIMARY KEY,
                subscription TEXT NOT NULL REFERENCES push_subscriptions (id) ON DELETE CASCADE,
                kind TEXT,
                subject TEXT NOT NULL,
                session TEXT,
                title TEXT NOT NULL,
                line TEXT NOT NULL,
                path TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                next_at INTEGER NOT NULL,
                ends_at INTEGER NOT NULL,
                tries INTEGER NOT NULL,
                held INTEGER NOT NULL
            );
            CREATE INDEX pushes_by_subscription ON pushes (subscription, number);
            CREATE INDEX pushes_due ON pushes (next_at);
            CREATE INDEX pushes_by_session ON pushes (session);
            """,
        minReader: 33)
}
