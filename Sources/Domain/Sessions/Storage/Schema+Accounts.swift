internal import Database

extension Schema {
    static let accounts = Migration(
        number: 25, name: "accounts of the web sign-in",
        sql: """
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
            """)
}
