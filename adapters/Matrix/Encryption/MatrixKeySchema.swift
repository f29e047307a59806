internal import Database

/// The tables of ``MatrixKeyStore``. A pickle is an object of the cryptography library, encrypted with the store's key.
enum MatrixKeySchema {
    static let migrations = [Migration(number: 1, name: "keys", sql: Self.keys)]

    private static let keys = """
        -- The bot's device. Another device id makes everything but room keys worthless.
        CREATE TABLE device (
            id INTEGER PRIMARY KEY CHECK (id = 1), user TEXT NOT NULL, name TEXT NOT NULL, pickle BLOB NOT NULL,
            is_published INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        -- Sealed private keys: of cross-signing, of the backup.
        CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

        -- Channels to other devices, by their Curve25519 key. The one that last received is used to send, but none whose
        -- time is negative: it may have been used since it was stored.
        CREATE TABLE olm_sessions (
            peer TEXT NOT NULL, id TEXT NOT NULL, pickle BLOB NOT NULL, used_at INTEGER NOT NULL, PRIMARY KEY (peer, id)
        ) STRICT, WITHOUT ROWID;
        -- Keys with which messages of rooms are read; `sender_key` is the Curve25519 key of the device that sent it.
        CREATE TABLE room_keys (
            room TEXT NOT NULL, session TEXT NOT NULL, sender TEXT, sender_key TEXT, signing_key TEXT,
            pickle BLOB NOT NULL, first_index INTEGER NOT NULL, source TEXT NOT NULL,
            is_backed_up INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (room, session)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX room_keys_to_back_up ON room_keys (room, session) WHERE is_backed_up = 0;
        -- Keys with which the bot writes, one a room.
        CREATE TABLE outbound (
            room TEXT PRIMARY KEY, session TEXT NOT NULL, pickle BLOB NOT NULL, created_at INTEGER NOT NULL,
            messages INTEGER NOT NULL, visibility TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        -- Who has the key of an outbound session, or was told why not (`reason`).
        CREATE TABLE shares (
            session TEXT NOT NULL, user TEXT NOT NULL, device TEXT NOT NULL, reason TEXT,
            PRIMARY KEY (session, user, device)
        ) STRICT, WITHOUT ROWID;
        -- Encrypted events that the server has not confirmed: a repeat is the same ciphertext.
        CREATE TABLE sealed (
            txn TEXT PRIMARY KEY, room TEXT NOT NULL, content TEXT NOT NULL, made_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        -- Messages to devices that the server has not confirmed.
        CREATE TABLE parcels (txn TEXT PRIMARY KEY, type TEXT NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
        -- Messages to this device that were handled although the sync that brought them may come again.
        CREATE TABLE handled (digest TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        -- A message's index is used once; another event with it is a repetition by the server.
        CREATE TABLE indices (
            session TEXT NOT NULL, message_index INTEGER NOT NULL, event TEXT NOT NULL, sent_at INTEGER NOT NULL,
            PRIMARY KEY (session, message_index)
        ) STRICT, WITHOUT ROWID;
        -- Events whose key has not come.
        CREATE TABLE late (
            event TEXT PRIMARY KEY, room TEXT NOT NULL, session TEXT NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX late_by_session ON late (session);
        -- What was said once: that a session's messages cannot be read, that an identity changed.
        CREATE TABLE told (name TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

        -- People whose devices are followed. `verified` is the master key that was compared or accepted, `pinned` the
        -- first one that was seen.
        CREATE TABLE users (
            user TEXT PRIMARY KEY, is_outdated INTEGER NOT NULL, master TEXT, verified TEXT, pinned TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE devices (
            user TEXT NOT NULL, device TEXT NOT NULL, ed25519 TEXT NOT NULL, curve25519 TEXT NOT NULL, name TEXT,
            is_signed INTEGER NOT NULL, is_removed INTEGER NOT NULL, PRIMARY KEY (user, device)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE rooms (
            room TEXT PRIMARY KEY, rotation_time INTEGER NOT NULL, rotation_messages INTEGER NOT NULL,
            visibility TEXT NOT NULL, knows_members INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE members (
            room TEXT NOT NULL, user TEXT NOT NULL, is_invited INTEGER NOT NULL, PRIMARY KEY (room, user)
        ) STRICT, WITHOUT ROWID;
        """
}

/// The tables of ``MatrixKeyStore``; ``MatrixKeySchema`` explains them.
enum MatrixKeyTable: String, CaseIterable, Sendable {
    case device, secrets, facts
    case olmSessions = "olm_sessions"
    case roomKeys = "room_keys"
    case outbound, shares, sealed, parcels, handled, indices, late, told, users, devices, rooms, members

    /// The columns of the primary key.
    var key: [String] {
        switch self {
        case .device: ["id"]
        case .secrets, .facts, .told: ["name"]
        case .olmSessions: ["peer", "id"]
        case .roomKeys: ["room", "session"]
        case .outbound, .rooms: ["room"]
        case .shares: ["session", "user", "device"]
        case .sealed, .parcels: ["txn"]
        case .handled: ["digest"]
        case .indices: ["session", "message_index"]
        case .late: ["event"]
        case .users: ["user"]
        case .devices: ["user", "device"]
        case .members: ["room", "user"]
        }
    }
}
