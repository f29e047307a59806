internal import Database
internal import JSON
internal import Olm

/// Changes of ``MatrixKeyStore`` that are made together.
struct MatrixKeyChanges: Sendable {
    fileprivate(set) var statements: [(sql: String, values: [SQLValue])] = []

    private mutating func add(_ sql: String, _ values: SQLValue...) { self.statements.append((sql, values)) }

    // MARK: The device

    mutating func setDevice(user: String, name: String, pickle: [UInt8], isPublished: Bool) {
        self.add(
            "INSERT OR REPLACE INTO device (id, user, name, pickle, is_published) VALUES (1, $1, $2, $3, $4)",
            SQLValue(user), SQLValue(name), SQLValue(pickle), SQLValue(isPublished))
    }

    mutating func setAccount(_ pickle: [UInt8]) { self.add("UPDATE device SET pickle = $1", SQLValue(pickle)) }

    mutating func setPublished() { self.add("UPDATE device SET is_published = 1") }

    /// Forgets what belongs to a device that is no longer the bot's. Room keys stay: they read old messages.
    mutating func forgetDevice() {
        for table in ["device", "olm_sessions", "outbound", "shares", "sealed", "parcels", "handled"] {
            self.add("DELETE FROM \(table)")
        }
    }

    mutating func setSecret(_ name: String, _ sealed: [UInt8]?) {
        if let sealed {
            self.add(
                "INSERT OR REPLACE INTO secrets (name, value) VALUES ($1, $2)", SQLValue(name), SQLValue(sealed))
        } else {
            self.add("DELETE FROM secrets WHERE name = $1", SQLValue(name))
        }
    }

    mutating func setFact(_ name: String, _ value: String?) {
        if let value {
            self.add("INSERT OR REPLACE INTO facts (name, value) VALUES ($1, $2)", SQLValue(name), SQLValue(value))
        } else {
            self.add("DELETE FROM facts WHERE name = $1", SQLValue(name))
        }
    }

    // MARK: Sessions

    mutating func setOlm(_ id: String, peer: String, pickle: [UInt8], at now: Int64) {
        self.add(
            "INSERT OR REPLACE INTO olm_sessions (peer, id, pickle, used_at) VALUES ($1, $2, $3, $4)", SQLValue(peer),
            SQLValue(id), SQLValue(pickle), SQLValue(now))
    }

    mutating func updateOlm(_ id: String, peer: String, pickle: [UInt8]) {
        self.add(
            "UPDATE olm_sessions SET pickle = $1 WHERE peer = $2 AND id = $3", SQLValue(pickle), SQLValue(peer),
            SQLValue(id))
    }

    mutating func removeOlm(_ id: String, peer: String) {
        self.add("DELETE FROM olm_sessions WHERE peer = $1 AND id = $2", SQLValue(peer), SQLValue(id))
    }

    /// Writes to no session again that may have been used since it was stored; what others write to them is still read.
    mutating func doubtRatchets() {
        self.add("DELETE FROM outbound")
        self.add("DELETE FROM shares")
        self.add("UPDATE olm_sessions SET used_at = -abs(used_at)")
    }

    mutating func setRoomKey(_ key: MatrixRoomKey, pickle: [UInt8], isBackedUp: Bool) {
        self.add(
            """
            INSERT OR REPLACE INTO room_keys
                (room, session, sender, sender_key, signing_key, pickle, first_index, source, is_backed_up)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """, SQLValue(key.room), SQLValue(key.session), SQLValue(key.sender), SQLValue(key.senderKey),
            SQLValue(key.signingKey), SQLValue(pickle), SQLValue(key.firstIndex), SQLValue(key.source.rawValue),
            SQLValue(isBackedUp))
    }

    mutating func setBackedUp(room: String, session: String) {
        self.add(
            "UPDATE room_keys SET is_backed_up = 1 WHERE room = $1 AND session = $2", SQLValue(room), SQLValue(session))
    }

    mutating func forgetBackups() { self.add("UPDATE room_keys SET is_backed_up = 0") }

    mutating func setOutbound(_ outbound: MatrixOutbound, pickle: [UInt8]) {
        self.add(
            """
            INSERT OR REPLACE INTO outbound (room, session, pickle, created_at, messages, visibility)
            VALUES ($1, $2, $3, $4, $5, $6)
            """, SQLValue(outbound.room), SQLValue(outbound.session.id), SQLValue(pickle),
            SQLValue(outbound.createdAt), SQLValue(outbound.messages), SQLValue(outbound.visibility))
    }

    mutating func removeOutbound(room: String, session: String) {
        self.add("DELETE FROM outbound WHERE room = $1", SQLValue(room))
        self.add("DELETE FROM shares WHERE session = $1", SQLValue(session))
    }

    mutating func setShare(session: String, _ device: MatrixDeviceName, reason: String?) {
        self.add(
            "INSERT OR REPLACE INTO shares (session, user, device, reason) VALUES ($1, $2, $3, $4)", SQLValue(session),
            SQLValue(device.user), SQLValue(device.device), SQLValue(reason))
    }

    // MARK: On the way

    mutating func setSealed(_ transaction: String, room: String, content: String, at now: Int64) {
        self.add(
            "INSERT OR REPLACE INTO sealed (txn, room, content, made_at) VALUES ($1, $2, $3, $4)",
            SQLValue(transaction), SQLValue(room), SQLValue(content), SQLValue(now))
    }

    mutating func removeSealed(_ transaction: String) {
        self.add("DELETE FROM sealed WHERE txn = $1", SQLValue(transaction))
    }

    mutating func setParcel(_ parcel: MatrixParcel) {
        self.add(
            "INSERT OR REPLACE INTO parcels (txn, type, body) VALUES ($1, $2, $3)", SQLValue(parcel.transaction),
            SQLValue(parcel.type), SQLValue(parcel.body.text))
    }

    mutating func removeParcel(_ transaction: String) {
        self.add("DELETE FROM parcels WHERE txn = $1", SQLValue(transaction))
    }

    mutating func setHandled(_ digest: String, at now: Int64) {
        self.add("INSERT OR IGNORE INTO handled (digest, at) VALUES ($1, $2)", SQLValue(digest), SQLValue(now))
    }

    /// Removes what no server repeats any more.
    mutating func forgetOld(at now: Int64) {
        self.add("DELETE FROM handled WHERE at < $1", SQLValue(now - 86_400_000))
        self.add("DELETE FROM sealed WHERE made_at < $1", SQLValue(now - 7 * 86_400_000))
        self.add("DELETE FROM late WHERE at < $1", SQLValue(now - 30 * 86_400_000))
        self.add("DELETE FROM told WHERE at < $1", SQLValue(now - 90 * 86_400_000))
    }

    // MARK: Events

    mutating func setIndex(session: String, _ index: UInt32, event: String, sentAt: Int64) {
        self.add(
            "INSERT OR IGNORE INTO indices (session, message_index, event, sent_at) VALUES ($1, $2, $3, $4)",
            SQLValue(session), SQLValue(index), SQLValue(event), SQLValue(sentAt))
    }

    mutating func setLate(_ event: String, room: String, session: String, body: String, at now: Int64) {
        self.add(
            """
            INSERT OR IGNORE INTO late (event, room, session, body, at) SELECT $1, $2, $3, $4, $5
            WHERE (SELECT count(*) FROM late) < 5000
            """, SQLValue(event), SQLValue(room), SQLValue(session), SQLValue(body), SQLValue(now))
    }

    mutating func removeLate(_ event: String) { self.add("DELETE FROM late WHERE event = $1", SQLValue(event)) }

    mutating func setTold(_ name: String, at now: Int64) {
        self.add("INSERT OR IGNORE INTO told (name, at) VALUES ($1, $2)", SQLValue(name), SQLValue(now))
    }

    mutating func removeTold(_ name: String) { self.add("DELETE FROM told WHERE name = $1", SQLValue(name)) }

    // MARK: People and rooms

    mutating func setPerson(_ person: MatrixPersonKeys) {
        self.add(
            "INSERT OR REPLACE INTO users (user, is_outdated, master, verified, pinned) VALUES ($1, $2, $3, $4, $5)",
            SQLValue(person.user), SQLValue(person.isOutdated), SQLValue(person.master), SQLValue(person.verified),
            SQLValue(person.pinned))
    }

    mutating func setDevice(_ device: MatrixPersonKeys.Device, of user: String) {
        self.add(
            """
            INSERT OR REPLACE INTO devices (user, device, ed25519, curve25519, name, is_signed, is_removed)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """, SQLValue(user), SQLValue(device.id), SQLValue(device.ed25519), SQLValue(device.curve25519),
            SQLValue(device.name), SQLValue(device.isSigned), SQLValue(device.isRemoved))
    }

    mutating func setRoom(_ id: String, _ room: MatrixCipherRoom) {
        self.add(
            """
            INSERT OR REPLACE INTO rooms (room, rotation_time, rotation_messages, visibility, knows_members)
            VALUES ($1, $2, $3, $4, $5)
            """, SQLValue(id), SQLValue(room.rotationTime), SQLValue(room.rotationMessages), SQLValue(room.visibility),
            SQLValue(room.knowsMembers))
    }

    mutating func setMember(_ user: String, of room: String, isInvited: Bool?) {
        if let isInvited {
            self.add(
                "INSERT OR REPLACE INTO members (room, user, is_invited) VALUES ($1, $2, $3)", SQLValue(room),
                SQLValue(user), SQLValue(isInvited))
        } else {
            self.add("DELETE FROM members WHERE room = $1 AND user = $2", SQLValue(room), SQLValue(user))
        }
    }

    mutating func removeMembers(of room: String) { self.add("DELETE FROM members WHERE room = $1", SQLValue(room)) }
}
