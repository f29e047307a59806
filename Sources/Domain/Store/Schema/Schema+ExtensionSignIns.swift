internal import Database

extension StoreSchema {
    static let extensionSignIns = Migration(
        number: 54, name: "sign-ins at remote servers of extensions",
        sql: """
            -- The host's tokens at a server, and sign-ins that are under way, whose `id` is a hash of their state. `sealed` has
            -- all that is secret. `expires_at` is NULL for tokens; `renewed_until` is how long a host that renews them may take.
            CREATE TABLE extension_sign_ins (
                id TEXT PRIMARY KEY,
                server TEXT NOT NULL,
                sealed BLOB NOT NULL,
                expires_at INTEGER,
                renewed_until INTEGER NOT NULL
            ) WITHOUT ROWID;
            CREATE INDEX extension_sign_ins_by_end ON extension_sign_ins (expires_at);
            """,
        minReader: 33)
}
