extension StoreSchema {
    static let hosts = SchemaPart(
        tables: """
            -- Hosts that share this store. `epoch` is the membership that counts, `run` the start of the program that has
            -- it. Times are milliseconds by the server's clock.
            CREATE TABLE hosts (
                id TEXT PRIMARY KEY,
                epoch INTEGER NOT NULL,
                run TEXT NOT NULL,
                address TEXT NOT NULL,
                version TEXT NOT NULL,
                state TEXT NOT NULL,
                joined_at INTEGER NOT NULL,
                renewed_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL
            ) WITHOUT ROWID;

            -- Which host has a place: as long as its epoch is the one in `hosts`.
            CREATE TABLE places (
                place TEXT PRIMARY KEY,
                host TEXT NOT NULL,
                epoch INTEGER NOT NULL,
                changed_at INTEGER NOT NULL
            ) WITHOUT ROWID;
            CREATE INDEX places_by_host ON places (host);
            """)
}
