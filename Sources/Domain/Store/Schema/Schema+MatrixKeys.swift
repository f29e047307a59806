extension StoreSchema {
    /// The tables of the Matrix adapter's file of keys, for hosts that share the store: `account` is the connection. The
    /// adapter explains them, and encrypts what is secret.
    static let matrixKeys = SchemaPart(
        tables: """
            CREATE TABLE matrix_device (
                account TEXT NOT NULL, id INTEGER NOT NULL, "user" TEXT NOT NULL, name TEXT NOT NULL,
                pickle BLOB NOT NULL, is_published INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (account, id)
            ) WITHOUT ROWID;
            CREATE TABLE matrix_secrets (
                account TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (account, name)
            ) WITHOUT ROWID;
            CREATE TABLE matrix_facts (
                account TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (account, name)
            ) WITHOUT ROWID;
            CREATE TABLE matrix_olm_sessions (
                account TEXT NOT NULL, peer TEXT NOT NULL, id TEXT NOT NULL, pickle BLOB NOT NULL,
                used_at INTEGER NOT NULL, PRIMARY KEY (account, peer, id)
            ) WITHOUT ROWID;
            CREATE TABLE matrix_room_keys (
                account TEXT NOT NULL, room TEXT NOT NULL, session TEXT NOT NULL, sender TEXT, sender_key TEXT,
                signing_key TEXT, pickle BLOB NOT NULL, first_index INTEGER NOT NULL, source TEXT NOT NULL,
                is_backed_up INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (account, room, session)
            ) WITHOUT ROWID;
            CREATE INDEX matrix_room_keys_to_back_up ON matrix_room_keys (account, room, session)
                WHERE is_backed_up = 0;
            CREATE TABLE matrix_outbound (
                account TEXT NOT NULL, room TEXT NOT NULL, session TEXT NOT NULL, pickle BLOB NOT NULL,
                created_at INTEGER NOT NULL, messages INTEGER NOT NULL, visibility TEXT NOT NULL,
                PRIMARY KEY (account, room)
            ) WITHOUT ROWID;
            CREATE TABLE matrix_shares (
                account TEXT NOT NULL, session TEXT NOT NULL, "user" TEXT NOT NULL, device TEXT NOT NULL, reason TEXT,
                PRIMARY KEY (account, session, "user", device)
            ) WITHOUT ROWID;
            CREATE TABLE matrix_sealed (
                account TEXT NOT NULL, txn TEXT NOT NULL, room TEXT NOT NULL, content TEXT NOT NULL,
                made_at INTEGER NOT NULL, PRIMARY KEY (account, txn)
            ) WITHOUT ROWID;
            CREATE TABLE matrix_parcels (
                account TEXT NOT NULL, txn TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL,
                PRIMARY KEY (account, txn)
            ) WITHOUT ROWID;
            CREATE TABLE matrix_handled (
                account TEXT NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (account, digest)
            ) WITHOUT ROWID;
            CREATE TABLE matrix_indices (
                account TEXT NOT NULL, session TEXT NOT NULL, message_index INTEGER NOT NULL, event TEXT NOT NULL,
                sent_at INTEGER NOT NULL, PRIMARY KEY (account, session, message_index)
            ) WITHOUT ROWID;
            CREATE TABLE matrix_late (
                account TEXT NOT NULL, event TEXT NOT NULL, room TEXT NOT NULL, session TEXT NOT NULL,
                body TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (account, event)
            ) WITHOUT ROWID;
            CREATE INDEX matrix_late_by_session ON matrix_late (account, session);
            CREATE TABLE matrix_told (
                account TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (account, name)
            ) WITHOUT ROWID;
            CREATE TABLE matrix_users (
                account TEXT NOT NULL, "user" TEXT NOT NULL, is_outdated INTEGER NOT NULL, master TEXT, verified TEXT,
                pinned TEXT, PRIMARY KEY (account, "user")
            ) WITHOUT ROWID;
            CREATE TABLE matrix_devices (
                account TEXT NOT NULL, "user" TEXT NOT NULL, device TEXT NOT NULL, ed25519 TEXT NOT NULL,
                curve25519 TEXT NOT NULL, name TEXT, is_signed INTEGER NOT NULL, is_removed INTEGER NOT NULL,
                PRIMARY KEY (account, "user", device)
            ) WITHOUT ROWID;
            CREATE TABLE matrix_rooms (
                account TEXT NOT NULL, room TEXT NOT NULL, rotation_time INTEGER NOT NULL,
                rotation_messages INTEGER NOT NULL, visibility TEXT NOT NULL, knows_members INTEGER NOT NULL,
                PRIMARY KEY (account, room)
            ) WITHOUT ROWID;
            CREATE TABLE matrix_members (
                account TEXT NOT NULL, room TEXT NOT NULL, "user" TEXT NOT NULL, is_invited INTEGER NOT NULL,
                PRIMARY KEY (account, room, "user")
            ) WITHOUT ROWID;
            """)
}
