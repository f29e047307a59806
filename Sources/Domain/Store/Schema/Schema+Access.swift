extension StoreSchema {
    static let access = SchemaPart(
        tables: """
            CREATE TABLE grants (
                identity TEXT PRIMARY KEY,
                role TEXT NOT NULL,
                lasting INTEGER NOT NULL,
                granted_at INTEGER NOT NULL
            );

            CREATE TABLE codes (
                hash TEXT PRIMARY KEY,
                role TEXT NOT NULL,
                expires_at INTEGER NOT NULL
            );

            CREATE TABLE credentials (
                id TEXT PRIMARY KEY,
                hash TEXT NOT NULL UNIQUE,
                kind TEXT NOT NULL,
                name TEXT NOT NULL,
                identity TEXT NOT NULL,
                role TEXT NOT NULL,
                scopes TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                used_at INTEGER,
                expires_at INTEGER,
                -- What a key of the proxy may use: names separated by commas, and tokens a day. NULL for no limit.
                models TEXT,
                tokens_per_day INTEGER
            );

            -- What answers through the proxy have cost; `client` is a credential's id, or `local`.
            CREATE TABLE proxy_usage (
                client TEXT NOT NULL,
                model TEXT NOT NULL,
                requests INTEGER NOT NULL,
                input_tokens INTEGER NOT NULL,
                output_tokens INTEGER NOT NULL,
                PRIMARY KEY (client, model)
            );

            -- Tokens by day (in UTC, counted from 1970) and client. Each process has rows of its own, by which it can
            -- tell what the others have added.
            CREATE TABLE proxy_days (
                day INTEGER NOT NULL,
                client TEXT NOT NULL,
                process TEXT NOT NULL,
                tokens INTEGER NOT NULL,
                PRIMARY KEY (day, client, process)
            ) WITHOUT ROWID;

            -- What people have chosen for themselves, by identity.
            CREATE TABLE preferences (
                person TEXT PRIMARY KEY,
                model TEXT,
                instructions TEXT
            ) WITHOUT ROWID;

            CREATE TABLE pins (
                person TEXT NOT NULL,
                session TEXT NOT NULL,
                PRIMARY KEY (person, session)
            ) WITHOUT ROWID;
            CREATE INDEX pins_by_session ON pins (session);

            -- What owners have changed: the role that counts in place of the one in the configuration's lists, or NULL for
            -- somebody who was removed and stays out whatever would admit them.
            CREATE TABLE access_changes (
                identity TEXT PRIMARY KEY,
                role TEXT,
                changed_at INTEGER NOT NULL
            ) WITHOUT ROWID;

            -- People on networks who have a role: when they wrote last, and where they write to the bot directly.
            CREATE TABLE people (
                identity TEXT PRIMARY KEY,
                sender TEXT NOT NULL,
                seen_at INTEGER NOT NULL,
                -- The thread and the route of their direct messages.
                direct_thread TEXT,
                direct_route TEXT
            ) WITHOUT ROWID;

            -- Direct messages that notify owners of asks. `item` is the outbox entry; `told_at` is NULL until it is stored.
            CREATE TABLE owner_notices (
                ask TEXT NOT NULL,
                person TEXT NOT NULL,
                item INTEGER,
                told_at INTEGER,
                PRIMARY KEY (ask, person)
            ) WITHOUT ROWID;

            -- People who sign in with an account elsewhere, by the id that the account keeps. `folded` is the identity as it is
            -- compared; `held` the entries of access lists that the account satisfies, one a line; `role` is NULL while
            -- nothing admits them; `released` is 1 when an owner lets in whoever has the name now.
            CREATE TABLE accounts (
                provider TEXT NOT NULL,
                issuer TEXT NOT NULL,
                subject TEXT NOT NULL,
                identity TEXT NOT NULL,
                folded TEXT NOT NULL UNIQUE,
                name TEXT NOT NULL,
                held TEXT NOT NULL,
                role TEXT,
                checked_at INTEGER NOT NULL,
                released INTEGER NOT NULL,
                PRIMARY KEY (provider, issuer, subject)
            ) WITHOUT ROWID;

            -- Sign-ins that wait for the provider. `state` and `browser` are hashes.
            CREATE TABLE pending_sign_ins (
                state TEXT PRIMARY KEY,
                browser TEXT NOT NULL,
                method TEXT NOT NULL,
                next TEXT NOT NULL,
                expires_at INTEGER NOT NULL
            ) WITHOUT ROWID;
            CREATE INDEX pending_sign_ins_by_end ON pending_sign_ins (expires_at);
            """,
        ofSessions: ["pins"])
}
