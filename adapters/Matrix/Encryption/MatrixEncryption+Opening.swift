internal import Chat
internal import Crypto
internal import Database
internal import JSON
internal import Kit
internal import Logging
internal import Olm
internal import Primitives

/// The bot's device: made once, published, replaced when its keys were lost.
extension MatrixEncryption {
    enum Opening: Sendable, Equatable {
        case ready
        /// The device has other keys on the server, or this database is an old copy: a new login has to make a new device,
        /// because others never accept new keys of a device that they know.
        case needsNewDevice(String)
    }

    /// The fact that the last run ended in order.
    static let closedName = "closed"

    /// Loads the keys of `device`, or makes them. Call it after signing in and before the first sync.
    func open(device: String) async throws -> Opening {
        try await self.alone {
            if self.account == nil || self.device != device { try await self.load(device: device) }
            let opening = try await self.isUsable()
            guard case .ready = opening else {
                self.account = nil
                return opening
            }
            if self.account == nil { try await self.makeDevice(device) }
            try await self.stamp()
            return .ready
        }
    }

    /// Publishes the device's keys and looks after its identity; repeat it until it succeeds.
    func publish() async throws {
        try await self.uploadKeys(counts: nil, unusedFallback: nil)
        try await self.deliverParcels()
    }

    private struct Loaded: Sendable {
        var device: (user: String, name: String, pickle: [UInt8], isPublished: Bool)?
        var people: [String: MatrixPersonKeys] = [:]
        var rooms: [String: MatrixCipherRoom] = [:]
        var sealed: Set<String> = []
        var fallbackAt: Int64?
    }

    /// Rows that are in memory at a time, of tables that may be long.
    private static let part = 2_000

    private static func loaded(from store: MatrixKeyStore, at now: Int64) async throws -> Loaded {
        var loaded = try await store.read { rows in
            var loaded = Loaded()
            if let row = try rows.first(#"SELECT "user", name, pickle, is_published FROM {device}"#) {
                loaded.device = (
                    try row.text("user"), try row.text("name"), try row.bytes("pickle"), try row.bool("is_published")
                )
            }
            let rooms = "SELECT room, rotation_time, rotation_messages, visibility, knows_members FROM {rooms}"
            for row in try rows.query(rooms) {
                loaded.rooms[try row.text("room")] = MatrixCipherRoom(
                    rotationTime: try row.int64("rotation_time"), rotationMessages: try row.int("rotation_messages"),
                    visibility: try row.text("visibility"), knowsMembers: try row.bool("knows_members"))
            }
            for row in try rows.query("SELECT txn FROM {sealed}") { loaded.sealed.insert(try row.text("txn")) }
            let fallback = try rows.first("SELECT value FROM {facts} WHERE name = 'fallback_at'")
            loaded.fallbackAt = try fallback.flatMap { Int64(untrusted: try $0.text("value")) }
            return loaded
        }
        try await store.read(.users, inPartsOf: Self.part) { rows in
            for row in rows {
                let user = try row.text("user")
                loaded.people[user] = MatrixPersonKeys(
                    user: user, isOutdated: try row.bool("is_outdated"), master: row["master"].text,
                    verified: row["verified"].text, pinned: row["pinned"].text, heardAt: now)
            }
        }
        try await store.read(.devices, inPartsOf: Self.part) { rows in
            for row in rows {
                let id = try row.text("device")
                loaded.people[try row.text("user")]?.devices[id] = MatrixPersonKeys.Device(
                    id: id, ed25519: try row.text("ed25519"), curve25519: try row.text("curve25519"),
                    name: row["name"].text, isSigned: try row.bool("is_signed"), isRemoved: try row.bool("is_removed"))
            }
        }
        try await store.read(.members, inPartsOf: Self.part) { rows in
            // Incomplete ones are asked for again.
            for row in rows {
                let room = try row.text("room")
                guard loaded.rooms[room]?.knowsMembers == true else { continue }
                loaded.rooms[room]?.members[try row.text("user")] = try row.bool("is_invited")
            }
        }
        return loaded
    }

    func load(device: String) async throws {
        let key = self.store.pickleKey
        let loaded = try await Self.loaded(from: self.store, at: self.clock())
        self.unconfirmed = loaded.sealed
        self.fallbackAt = loaded.fallbackAt
        self.people = loaded.people
        self.rooms = loaded.rooms
        try await self.store.commit(MatrixKeyChanges { self.limitMembers(&$0) })
        self.strayKeys = nil
        self.device = device
        self.account = nil
        guard let stored = loaded.device, stored.user == self.user, stored.name == device else { return }
        do {
            self.account = try OlmAccount(pickle: stored.pickle, key: key)
            self.isPublished = stored.isPublished
        } catch {
            throw MatrixKeyStoreError(
                "the key database does not belong to its key file (\(error)): restore both from one backup, or remove both "
                    + "to begin with a new device")
        }
    }

    /// Compares with what the server has for this device.
    private func isUsable() async throws -> Opening {
        let answer = try await self.ask(.queryKeys(of: [self.user]))
        let keys = answer["device_keys"]?[self.user]?[self.device]?["keys"]
        let onServer = keys?["ed25519:\(self.device)"]?.stringValue
        if let onServer, onServer != self.account?.ed25519 {
            return .needsNewDevice(
                self.account == nil
                    ? "the keys of its device \(self.device) are lost"
                    : "its device \(self.device) has other keys on the server")
        }
        let stamp = try await self.serverStamp()
        let own = Int(try await self.store.fact("stamp") ?? "") ?? 0
        if self.account != nil, let stamp, stamp.device == self.device, stamp.count > own {
            return .needsNewDevice("its key database is an old copy")
        }
        return .ready
    }

    private func serverStamp() async throws -> MatrixKeyStamp? {
        do {
            return MatrixKeyStamp(try await self.ask(.accountData(MatrixKeyStamp.type, of: self.user)))
        } catch let error as MatrixCallError where error.refusal?.status == 404 {
            return nil
        }
    }

    /// Raises the counter: first here, then on the server.
    private func stamp() async throws {
        let stamp = try await self.raiseStamp()
        try await self.send(stamp)
    }

    private func send(_ stamp: MatrixKeyStamp) async throws {
        _ = try await self.ask(.setAccountData(MatrixKeyStamp.type, of: self.user, to: stamp.json))
    }

    /// How often the counter rises while hosts share the keys, in milliseconds.
    private static let stampInterval: Int64 = 3_600_000

    /// Where hosts share the keys, nothing but the counter tells that their database was restored from a backup, and one
    /// host may serve for months. Files have ``MatrixKeyFiles/restoredMark`` for that, and a copy of them that serves
    /// elsewhere has to stay the same device.
    var isStampDue: Bool {
        self.store.isShared && self.account != nil && self.clock() - self.stampedAt >= Self.stampInterval
    }

    func renewStamp() async throws {
        let stamp = try await self.alone { () -> MatrixKeyStamp? in
            guard self.isStampDue else { return nil }
            return try await self.raiseStamp()
        }
        if let stamp { try await self.send(stamp) }
    }

    private func raiseStamp() async throws -> MatrixKeyStamp {
        let count = (Int(try await self.store.fact("stamp") ?? "") ?? 0) + 1
        var changes = MatrixKeyChanges()
        changes.setFact("stamp", String(count))
        changes.forgetOld(at: self.clock())
        // After a crash, the files may be those of a machine that was put back to an earlier state, or a copy of those of
        // a process that still runs. A ratchet that has moved on elsewhere would encrypt two texts with one key.
        if self.starts == 0, try await self.store.fact(Self.closedName) == nil { changes.doubtRatchets() }
        changes.setFact(Self.closedName, nil)
        try await self.commit(changes)
        self.starts = count
        self.stampedAt = self.clock()
        return MatrixKeyStamp(device: self.device, count: count, run: self.run)
    }

    /// Stops using the device if another process has begun to.
    func yield(to stamp: MatrixKeyStamp?) {
        guard let stamp, stamp.device == self.device, stamp.run != self.run, stamp.count >= self.starts else { return }
        self.supersession = .superseded(
            "Another process uses the device \(self.device) of \(self.user), so this one has stopped: end one of the two, "
                + "then restart the other")
        self.account = nil
    }

    private func makeDevice(_ name: String) async throws {
        let account = OlmAccount()
        var changes = MatrixKeyChanges()
        changes.forgetDevice()
        changes.setDevice(
            user: self.user, name: name, pickle: account.pickle(self.store.pickleKey), isPublished: false)
        changes.setFact("stamp", "0")
        try await self.commit(changes)
        self.account = account
        self.isPublished = false
        self.channels = [:]
        self.doubtful = []
        self.outbound = [:]
        self.unconfirmed = []
        self.logger.info("Made encryption keys for the device \(name)")
    }

    // MARK: One-time keys

    /// How many one-time keys the server should hold.
    private static let oneTimeKeys = 50

    /// Uploads what is missing: the device's keys, one-time keys, the fallback key.
    ///
    /// - Parameters:
    ///   - counts: the one-time keys that the server holds; nil when it did not say.
    ///   - unusedFallback: whether the fallback key is unused; nil when the server did not say.
    func uploadKeys(counts: Int?, unusedFallback: Bool?) async throws {
        let upload = try await self.alone { () -> MatrixRequest? in
            guard let account = self.account else { return nil }
            var changes = MatrixKeyChanges()
            if let counts { self.counters.withLock { $0.oneTimeKeys = counts } }
            let missing = Self.oneTimeKeys - (counts ?? (self.isPublished ? Self.oneTimeKeys : 0))
            // A refill at half: each upload costs both sides.
            if missing >= Self.oneTimeKeys / 2, account.unpublishedOneTimeKeys.isEmpty {
                account.makeOneTimeKeys(missing)
            }
            if unusedFallback == false || !self.isPublished, account.unpublishedFallbackKey == nil {
                account.makeFallbackKey()
                self.fallbackAt = self.clock()
                changes.setFact("fallback_at", String(self.clock()))
            }
            var keys = JSONObject()
            for key in account.unpublishedOneTimeKeys {
                keys["signed_curve25519:\(key.id)"] = self.signed(["key": .string(key.key)], account)
            }
            var fallback = JSONObject()
            if let key = account.unpublishedFallbackKey {
                fallback["signed_curve25519:\(key.id)"] = self.signed(
                    ["key": .string(key.key), "fallback": true], account)
            }
            guard !self.isPublished || !keys.isEmpty || !fallback.isEmpty else { return nil }
            changes.setAccount(account.pickle(self.store.pickleKey))
            try await self.commit(changes)
            return .uploadKeys(
                device: self.isPublished ? nil : self.deviceKeys(account), oneTime: keys, fallback: fallback)
        }
        guard let upload else { return }
        let answer = try await self.ask(upload)
        self.counters.withLock { $0.oneTimeKeys = MatrixSyncKeys.oneTimeKeys(answer["one_time_key_counts"]) }
        try await self.alone {
            guard let account = self.account else { return }
            account.markKeysAsPublished()
            var changes = MatrixKeyChanges()
            changes.setAccount(account.pickle(self.store.pickleKey))
            changes.setPublished()
            try await self.commit(changes)
            self.isPublished = true
        }
    }

    /// The older fallback key may still be needed for messages on their way; it goes after an hour.
    func forgetOldFallback() async throws {
        guard let account = self.account, let at = self.fallbackAt, self.clock() - at > 3_600_000 else { return }
        account.forgetOldFallbackKey()
        var changes = MatrixKeyChanges()
        changes.setAccount(account.pickle(self.store.pickleKey))
        changes.setFact("fallback_at", nil)
        try await self.commit(changes)
        self.fallbackAt = nil
    }

    static let algorithms: JSON = ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"]

    /// The device's keys as others see them.
    func deviceKeys(_ account: OlmAccount) -> JSON {
        self.signed(
            [
                "user_id": .string(self.user), "device_id": .string(self.device), "algorithms": Self.algorithms,
                "keys": .object([
                    "curve25519:\(self.device)": .string(account.curve25519),
                    "ed25519:\(self.device)": .string(account.ed25519),
                ]),
            ], account)
    }

    private func signed(_ object: JSONObject, _ account: OlmAccount) -> JSON {
        MatrixSigned.signing(.object(object), user: self.user, keyID: "ed25519:\(self.device)") { account.sign($0) }
    }
}
