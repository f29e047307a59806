internal import Database
internal import JSON
internal import Olm

/// Changes of ``MatrixKeyStore`` that are made together.
struct MatrixKeyChanges: Sendable {
    enum Change: Sendable {
        /// A new row. One with the same key is replaced, or else stays as it is.
        case put(MatrixKeyTable, [(column: String, value: SQLValue)], replaces: Bool)
        /// New values of the rows that meet a condition, or of all.
        case update(MatrixKeyTable, String, where: String?, [SQLValue])
        case remove(MatrixKeyTable, where: String?, [SQLValue])
    }

    /// Messages to this device that are recognised when they come again.
    private static let handledLimit = 50_000

    private(set) var changes: [Change] = []

    init(_ make: (inout Self) -> Void = { _ in }) { make(&self) }

    private mutating func put(_ table: MatrixKeyTable, _ row: KeyValuePairs<String, SQLValue>) {
        self.changes.append(.put(table, row.map { ($0.key, $0.value) }, replaces: true))
    }

    private mutating func add(_ table: MatrixKeyTable, _ row: KeyValuePairs<String, SQLValue>) {
        self.changes.append(.put(table, row.map { ($0.key, $0.value) }, replaces: false))
    }

    private mutating func update(
        _ table: MatrixKeyTable, _ assignments: String, where condition: String? = nil, _ values: SQLValue...
    ) {
        self.changes.append(.update(table, assignments, where: condition, values))
    }

    private mutating func remove(_ table: MatrixKeyTable, where condition: String? = nil, _ values: SQLValue...) {
        self.changes.append(.remove(table, where: condition, values))
    }

    /// Rows of another store.
    mutating func take(_ rows: [Row], of table: MatrixKeyTable) {
        for row in rows {
            self.changes.append(.put(table, zip(row.names, row.values).map { ($0, $1) }, replaces: true))
        }
    }

    mutating func forgetAll() { for table in MatrixKeyTable.allCases { self.remove(table) } }

    // MARK: The device

    mutating func setDevice(user: String, name: String, pickle: [UInt8], isPublished: Bool) {
        self.put(
            .device,
            [
                "id": 1, "user": SQLValue(user), "name": SQLValue(name), "pickle": SQLValue(pickle),
                "is_published": SQLValue(isPublished),
            ])
    }

    mutating func setAccount(_ pickle: [UInt8]) { self.update(.device, "pickle = $1", SQLValue(pickle)) }

    mutating func setPublished() { self.update(.device, "is_published = 1") }

    /// Forgets what belongs to a device that is no longer the bot's. Room keys stay: they read old messages.
    mutating func forgetDevice() {
        for table in [MatrixKeyTable.device, .olmSessions, .outbound, .shares, .sealed, .parcels, .handled] {
            self.remove(table)
        }
        // The backup may have keys that came after these ones were copied: it is read again.
        self.setFact("backup", nil)
    }

    mutating func setSecret(_ name: String, _ sealed: [UInt8]) {
        self.put(.secrets, ["name": SQLValue(name), "value": SQLValue(sealed)])
    }

    mutating func setFact(_ name: String, _ value: String?) {
        if let value {
            self.put(.facts, ["name": SQLValue(name), "value": SQLValue(value)])
        } else {
            self.remove(.facts, where: "name = $1", SQLValue(name))
        }
    }

    // MARK: Sessions

    mutating func setOlm(_ id: String, peer: String, pickle: [UInt8], at now: Int64) {
        self.put(
            .olmSessions,
            ["peer": SQLValue(peer), "id": SQLValue(id), "pickle": SQLValue(pickle), "used_at": SQLValue(now)])
    }

    mutating func updateOlm(_ id: String, peer: String, pickle: [UInt8]) {
        self.update(
            .olmSessions, "pickle = $1", where: "peer = $2 AND id = $3", SQLValue(pickle), SQLValue(peer), SQLValue(id))
    }

    mutating func removeOlm(_ id: String, peer: String) {
        self.remove(.olmSessions, where: "peer = $1 AND id = $2", SQLValue(peer), SQLValue(id))
    }

    /// Writes to no session again that may have been used since it was stored; what others write to them is still read.
    mutating func doubtRatchets() {
        self.remove(.outbound)
        self.remove(.shares)
        self.update(.olmSessions, "used_at = -abs(used_at)")
    }

    mutating func setRoomKey(_ key: MatrixRoomKey, pickle: [UInt8], isBackedUp: Bool) {
        self.put(
            .roomKeys,
            [
                "room": SQLValue(key.room), "session": SQLValue(key.session), "sender": SQLValue(key.sender),
                "sender_key": SQLValue(key.senderKey), "signing_key": SQLValue(key.signingKey),
                "pickle": SQLValue(pickle), "first_index": SQLValue(key.firstIndex),
                "source": SQLValue(key.source.rawValue), "is_backed_up": SQLValue(isBackedUp),
            ])
    }

    /// The condition for room keys of rooms that the bot or their sender is not in, as far as members are known.
    static let strayKeys = """
        source = 'device' AND (
            room NOT IN (SELECT room FROM {rooms}) OR (
                room IN (SELECT room FROM {rooms} WHERE knows_members = 1)
                AND (room, sender) NOT IN (SELECT room, "user" FROM {members})
            )
        )
        """

    /// Forgets the keys that ``MatrixEncryption/strayKeyLimit`` counts.
    mutating func removeStrayKeys() { self.remove(.roomKeys, where: Self.strayKeys) }

    /// Forgets the keys that a person's devices have sent for a room.
    mutating func removeRoomKeys(of room: String, from sender: String) {
        self.remove(
            .roomKeys, where: "room = $1 AND sender = $2 AND source = 'device'", SQLValue(room), SQLValue(sender))
    }

    mutating func setBackedUp(room: String, session: String) {
        self.update(
            .roomKeys, "is_backed_up = 1", where: "room = $1 AND session = $2", SQLValue(room), SQLValue(session))
    }

    mutating func forgetBackups() { self.update(.roomKeys, "is_backed_up = 0") }

    mutating func setOutbound(_ outbound: MatrixOutbound, pickle: [UInt8]) {
        self.put(
            .outbound,
            [
                "room": SQLValue(outbound.room), "session": SQLValue(outbound.session.id), "pickle": SQLValue(pickle),
                "created_at": SQLValue(outbound.createdAt), "messages": SQLValue(outbound.messages),
                "visibility": SQLValue(outbound.visibility),
            ])
    }

    mutating func removeOutbound(room: String, session: String) {
        self.remove(.outbound, where: "room = $1", SQLValue(room))
        self.remove(.shares, where: "session = $1", SQLValue(session))
    }

    mutating func setShare(session: String, _ device: MatrixDeviceName, reason: String?) {
        self.put(
            .shares,
            [
                "session": SQLValue(session), "user": SQLValue(device.user), "device": SQLValue(device.device),
                "reason": SQLValue(reason),
            ])
    }

    // MARK: On the way

    mutating func setSealed(_ transaction: String, room: String, content: String, at now: Int64) {
        self.put(
            .sealed,
            [
                "txn": SQLValue(transaction), "room": SQLValue(room), "content": SQLValue(content),
                "made_at": SQLValue(now),
            ])
    }

    mutating func removeSealed(_ transaction: String) {
        self.remove(.sealed, where: "txn = $1", SQLValue(transaction))
    }

    mutating func setParcel(_ parcel: MatrixParcel) {
        self.put(
            .parcels,
            ["txn": SQLValue(parcel.transaction), "type": SQLValue(parcel.type), "body": SQLValue(parcel.body.text)])
    }

    mutating func removeParcel(_ transaction: String) {
        self.remove(.parcels, where: "txn = $1", SQLValue(transaction))
    }

    mutating func setHandled(_ digest: String, at now: Int64) {
        self.add(.handled, ["digest": SQLValue(digest), "at": SQLValue(now)])
    }

    /// Removes what no server repeats any more.
    mutating func forgetOld(at now: Int64) {
        self.remove(.handled, where: "at < $1", SQLValue(now - 86_400_000))
        self.remove(
            .handled,
            where: "at < (SELECT at FROM {handled} ORDER BY at DESC LIMIT 1 OFFSET \(Self.handledLimit))")
        self.remove(.sealed, where: "made_at < $1", SQLValue(now - 7 * 86_400_000))
        self.remove(.late, where: "at < $1", SQLValue(now - 30 * 86_400_000))
        self.remove(.told, where: "at < $1", SQLValue(now - 90 * 86_400_000))
        // They are asked for again. Earlier versions kept those of rooms that the bot had left.
        self.remove(.members, where: "room NOT IN (SELECT room FROM {rooms} WHERE knows_members = 1)")
    }

    // MARK: Events

    mutating func setIndex(session: String, _ index: UInt32, event: String, sentAt: Int64) {
        self.add(
            .indices,
            [
                "session": SQLValue(session), "message_index": SQLValue(index), "event": SQLValue(event),
                "sent_at": SQLValue(sentAt),
            ])
    }

    /// One row for all indices of a range, without their events: `message_index` is the last one, `sent_at` the first.
    mutating func setIndices(session: String, _ range: ClosedRange<UInt32>) {
        self.remove(
            .indices, where: "session = $1 AND message_index BETWEEN $2 AND $3", SQLValue(session),
            SQLValue(range.lowerBound), SQLValue(range.upperBound))
        self.put(
            .indices,
            [
                "session": SQLValue(session), "message_index": SQLValue(range.upperBound), "event": "",
                "sent_at": SQLValue(range.lowerBound),
            ])
    }

    mutating func setLate(_ event: String, room: String, session: String, body: String, at now: Int64) {
        self.add(
            .late,
            [
                "event": SQLValue(event), "room": SQLValue(room), "session": SQLValue(session),
                "body": SQLValue(body), "at": SQLValue(now),
            ])
    }

    mutating func removeLate(_ event: String) { self.remove(.late, where: "event = $1", SQLValue(event)) }

    mutating func setTold(_ name: String, at now: Int64) {
        self.add(.told, ["name": SQLValue(name), "at": SQLValue(now)])
    }

    mutating func removeTold(_ name: String) { self.remove(.told, where: "name = $1", SQLValue(name)) }

    // MARK: People and rooms

    mutating func removePerson(_ user: String) {
        self.remove(.users, where: #""user" = $1"#, SQLValue(user))
        self.remove(.devices, where: #""user" = $1"#, SQLValue(user))
    }

    mutating func setPerson(_ person: MatrixPersonKeys) {
        self.put(
            .users,
            [
                "user": SQLValue(person.user), "is_outdated": SQLValue(person.isOutdated),
                "master": SQLValue(person.master), "verified": SQLValue(person.verified),
                "pinned": SQLValue(person.pinned),
            ])
    }

    mutating func removeDevice(_ id: String, of user: String) {
        self.remove(.devices, where: #""user" = $1 AND device = $2"#, SQLValue(user), SQLValue(id))
    }

    mutating func setDevice(_ device: MatrixPersonKeys.Device, of user: String) {
        self.put(
            .devices,
            [
                "user": SQLValue(user), "device": SQLValue(device.id), "ed25519": SQLValue(device.ed25519),
                "curve25519": SQLValue(device.curve25519), "name": SQLValue(device.name),
                "is_signed": SQLValue(device.isSigned), "is_removed": SQLValue(device.isRemoved),
            ])
    }

    mutating func setRoom(_ id: String, _ room: MatrixCipherRoom) {
        self.put(
            .rooms,
            [
                "room": SQLValue(id), "rotation_time": SQLValue(room.rotationTime),
                "rotation_messages": SQLValue(room.rotationMessages), "visibility": SQLValue(room.visibility),
                "knows_members": SQLValue(room.knowsMembers),
            ])
    }

    mutating func setMember(_ user: String, of room: String, isInvited: Bool?) {
        if let isInvited {
            self.put(.members, ["room": SQLValue(room), "user": SQLValue(user), "is_invited": SQLValue(isInvited)])
        } else {
            self.remove(.members, where: #"room = $1 AND "user" = $2"#, SQLValue(room), SQLValue(user))
        }
    }

    /// Forgets a room but for the keys that read its messages.
    mutating func removeRoom(_ id: String) {
        self.remove(.shares, where: "session IN (SELECT session FROM {outbound} WHERE room = $1)", SQLValue(id))
        self.remove(.outbound, where: "room = $1", SQLValue(id))
        self.remove(.rooms, where: "room = $1", SQLValue(id))
        self.removeMembers(of: id)
    }

    mutating func removeMembers(of room: String) { self.remove(.members, where: "room = $1", SQLValue(room)) }
}
