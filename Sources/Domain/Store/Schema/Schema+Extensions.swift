internal import Database

extension StoreSchema {
    /// A release before this one offers no extensions.
    static let extensions = Migration(
        number: 50, name: "lists of extensions",
        sql: """
            -- What a server offers, by the digest of all that an owner approves. Of each server at most one list is approved,
            -- and at most one is newer: it waits for the answer to `ask` (NULL: nobody was asked yet) or was denied. `place` is
            -- the digest of its command or address. `list` is JSON, with the names that models see.
            CREATE TABLE extension_lists (
                server TEXT NOT NULL,
                digest TEXT NOT NULL,
                place TEXT NOT NULL,
                list TEXT NOT NULL,
                state TEXT NOT NULL,
                ask TEXT,
                decider TEXT,
                decided_at INTEGER,
                seen_at INTEGER NOT NULL,
                PRIMARY KEY (server, digest)
            ) WITHOUT ROWID;
            """,
        minReader: 33)
}
