internal import Chat
internal import Crypto
internal import Database
internal import JSON
internal import Logging
internal import Olm
internal import Primitives

/// Olm: encrypted channels between the bot's device and others.
///
/// https://spec.matrix.org/v1.16/client-server-api/#molmv1curve25519-aes-sha2
extension MatrixEncryption {
    /// Channels kept for a device; the longest unused goes. After each crash the next message takes a new one, while an
    /// answer on an older one may be under way: so there are more than without crashes.
    static let channelLimit = 16
    /// Failed tries to open normal messages in one answer of the server, each with up to 2,000 hashes: libolm's limit for
    /// messages that are missing before one. Honest servers send 100 messages at once, which may all be tried with all
    /// channels.
    static let missLimit = 100 * MatrixEncryption.channelLimit
    /// A broken channel is replaced at most once in this time, in milliseconds.
    private static let mendInterval: Int64 = 3_600_000

    private func loadedChannels(_ peer: String) async throws -> [OlmSession] {
        if let channels = self.channels[peer] { return channels }
        let key = self.store.pickleKey
        let rows = try await self.store.read { rows in
            let sql = """
                SELECT pickle, used_at FROM {olm_sessions} WHERE peer = $1 ORDER BY used_at > 0 DESC, abs(used_at) DESC LIMIT \(Self.channelLimit)
                """
            return try rows.query(sql, SQLValue(peer)).map { row throws(DatabaseError) in
                (pickle: try row.bytes("pickle"), usedAt: try row.int64("used_at"))
            }
        }
        // Bounded: another run of the same peer reads them again.
        if self.channels.count >= 4_096 {
            self.channels = [:]
            self.doubtful = []
        }
        let sessions = rows.compactMap { row -> OlmSession? in
            guard let session = try? OlmSession(pickle: row.pickle, key: key) else { return nil }
            if row.usedAt < 0 { self.doubtful.insert(session.id) }
            return session
        }
        self.channels[peer] = sessions
        return sessions
    }

    /// The channel to write to.
    private func channel(to peer: String) async throws -> OlmSession? {
        try await self.loadedChannels(peer).first { !self.doubtful.contains($0.id) }
    }

    private func note(_ session: OlmSession, _ peer: String, _ changes: inout MatrixKeyChanges) {
        var sessions = (self.channels[peer] ?? []).filter { $0 !== session }
        sessions.insert(session, at: 0)
        while sessions.count > Self.channelLimit, let last = sessions.popLast() {
            changes.removeOlm(last.id, peer: peer)
        }
        self.channels[peer] = sessions
        // It stays doubtful: what is received need not bring new keys for sending.
        let time = self.doubtful.contains(session.id) ? -self.clock() : self.clock()
        changes.setOlm(session.id, peer: peer, pickle: session.pickle(self.store.pickleKey), at: time)
    }

    // MARK: In

    /// Decrypts a message to this device. Call it ``alone(_:)``. Nil when no channel reads it.
    func open(_ message: OlmMessage, from peer: String, _ changes: inout MatrixKeyChanges) async throws -> [UInt8]? {
        guard let account = self.account else { return nil }
        var channels = try await self.loadedChannels(peer)[...]
        // Only a flood gets there; whatever comes with it is still read where it was sent over the channel used last.
        if message.kind == .normal, self.misses >= Self.missLimit { channels = channels.prefix(1) }
        for session in channels {
            if message.kind == .preKey, !session.matches(message, from: peer) { continue }
            guard let text = try? session.decrypt(message) else {
                // A session that the message names is the only one that could read it.
                if message.kind == .preKey { return nil }
                self.misses += 1
                continue
            }
            self.note(session, peer, &changes)
            return text
        }
        guard message.kind == .preKey, let session = try? account.inboundSession(message, from: peer),
            let text = try? session.decrypt(message)
        else { return nil }
        self.newcomers += 1
        account.removeOneTimeKeys(of: session)
        changes.setAccount(account.pickle(self.store.pickleKey))
        self.note(session, peer, &changes)
        return text
    }

    // MARK: Out

    /// A device with what is needed to write to it.
    struct Recipient: Sendable, Hashable {
        let name: MatrixDeviceName
        let ed25519: String
        let curve25519: String
    }

    /// The devices among `recipients` that can be written to now, after making the missing channels. Call it outside
    /// ``alone(_:)``.
    func connect(_ recipients: [Recipient], renews: Bool = false) async throws -> Set<MatrixDeviceName> {
        var reachable: Set<MatrixDeviceName> = []
        var missing: [Recipient] = []
        for recipient in recipients {
            let isOpen = try await self.alone {
                renews ? false : try await self.channel(to: recipient.curve25519) != nil
            }
            if isOpen { reachable.insert(recipient.name) } else { missing.append(recipient) }
        }
        guard !missing.isEmpty else { return reachable }
        let answer: JSON
        do {
            answer = try await self.ask(
                .claimKeys(Dictionary(grouping: missing, by: \.name.user).mapValues { $0.map(\.name.device) }))
        } catch let error as MatrixCallError {
            self.logger.info("One-time keys could not be claimed: \(error)")
            return reachable
        }
        let claimed = answer["one_time_keys"]
        try await self.alone {
            var changes = MatrixKeyChanges()
            for (index, recipient) in missing.enumerated() {
                if index % 50 == 49 { await Task.yield() }
                guard let key = Self.claimedKey(claimed?[recipient.name.user]?[recipient.name.device], of: recipient),
                    let session = try? self.account?.outboundSession(to: recipient.curve25519, oneTimeKey: key)
                else { continue }
                self.note(session, recipient.curve25519, &changes)
                reachable.insert(recipient.name)
            }
            try await self.commit(changes)
        }
        return reachable
    }

    /// One is asked for; each that comes costs a check of its signature.
    static let claimedKeyLimit = 4

    /// The claimed key if its device signed it.
    static func claimedKey(_ json: JSON?, of recipient: Recipient) -> String? {
        let keys = (json?.objectValue ?? [:]).lazy.filter { $0.key.hasPrefix("signed_curve25519:") }
        for (_, key) in keys.prefix(Self.claimedKeyLimit) {
            let isSigned = MatrixSigned.verify(
                key, user: recipient.name.user, keyID: "ed25519:\(recipient.name.device)", key: recipient.ed25519)
            if isSigned { return key["key"]?.stringValue }
        }
        return nil
    }

    /// Encrypts `content` for a device with an open channel. Call it ``alone(_:)``, and commit before it leaves.
    func seal(
        _ content: JSON, type: String, to recipient: Recipient, _ changes: inout MatrixKeyChanges
    ) async throws -> JSON? {
        guard let account = self.account, let session = try await self.channel(to: recipient.curve25519) else {
            return nil
        }
        let payload: JSON = [
            "type": .string(type), "content": content, "sender": .string(self.user),
            "sender_device": .string(self.device), "keys": ["ed25519": .string(account.ed25519)],
            "recipient": .string(recipient.name.user),
            "recipient_keys": ["ed25519": .string(recipient.ed25519)],
            // Others can then check the device before they ask the server for it.
            "sender_device_keys": self.deviceKeys(account),
        ]
        let message = session.encrypt(payload.bytes)
        // The channel that last received stays in front, whichever is used to send.
        changes.updateOlm(session.id, peer: recipient.curve25519, pickle: session.pickle(self.store.pickleKey))
        return [
            "algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": .string(account.curve25519),
            "ciphertext": .object([
                recipient.curve25519: ["type": JSON(message.kind.rawValue), "body": .string(message.body)]
            ]),
        ]
    }

    /// Makes a new channel in place of one that does not work, and says so to the other side.
    ///
    /// https://spec.matrix.org/v1.16/client-server-api/#recovering-from-undecryptable-messages
    func mend(user: String, key: String) async throws {
        let now = self.clock()
        if let last = self.mendedAt[key], now - last < Self.mendInterval { return }
        if self.mendedAt.count > 10_000 { self.mendedAt = [:] }
        self.mendedAt[key] = now
        try await self.refresh([user])
        guard let device = self.device(of: user, key: key), !device.isRemoved else { return }
        let recipient = Recipient(
            name: MatrixDeviceName(user: user, device: device.id), ed25519: device.ed25519,
            curve25519: device.curve25519)
        guard try await self.connect([recipient], renews: true).contains(recipient.name) else { return }
        self.logger.info("Renewed the encrypted channel to the device \(device.id) of \(user)")
        try await self.send([recipient], type: "m.dummy") { _ in [:] }
    }

    /// Encrypts and sends a message to each device.
    func send(_ recipients: [Recipient], type: String, content: (Recipient) -> JSON) async throws {
        let parcel = try await self.alone { () -> MatrixParcel? in
            var changes = MatrixKeyChanges()
            var messages = JSONObject()
            for recipient in recipients {
                guard let sealed = try await self.seal(content(recipient), type: type, to: recipient, &changes) else {
                    continue
                }
                messages.add(sealed, for: recipient.name)
            }
            guard !messages.isEmpty else { return nil }
            let parcel = MatrixParcel(
                transaction: "parcel-\(hex(randomBytes(12)))", type: "m.room.encrypted",
                body: ["messages": .object(messages)])
            changes.setParcel(parcel)
            try await self.commit(changes)
            return parcel
        }
        if let parcel { try await self.deliver(parcel) }
    }

    func deliver(_ parcel: MatrixParcel) async throws {
        do {
            _ = try await self.ask(
                .sendToDevice(
                    parcel.type, transaction: parcel.transaction, messages: parcel.body["messages"] ?? [:]))
        } catch let error as MatrixCallError {
            // What the server refuses for good is not tried for ever.
            guard let refusal = error.refusal, !refusal.isPassing, !refusal.isRateLimit, !refusal.isUnknownToken,
                !refusal.isStray
            else { throw error }
            self.counters.withLock { $0.failedShares += 1 }
            self.logger.warning("The homeserver refused a message to devices: \(refusal.summary)")
        }
        try await self.store.commit(MatrixKeyChanges { $0.removeParcel(parcel.transaction) })
    }

    /// Sends what an earlier run, or a broken connection, left.
    func deliverParcels() async throws {
        guard self.account != nil else { return }
        let rows = try await self.store.read { rows in
            try rows.query("SELECT txn, type, body FROM {parcels} ORDER BY txn LIMIT 200").map {
                row throws(DatabaseError) in (try row.text("txn"), try row.text("type"), try row.text("body"))
            }
        }
        for (transaction, type, body) in rows {
            guard let json = try? JSON.parse(Array(body.utf8)) else { continue }
            try await self.deliver(MatrixParcel(transaction: transaction, type: type, body: json))
        }
    }
}

extension JSONObject {
    /// Adds a content to the `messages` of a message to devices.
    mutating func add(_ content: JSON, for device: MatrixDeviceName) {
        var devices = self[device.user]?.objectValue ?? JSONObject()
        devices[device.device] = content
        self[device.user] = .object(devices)
    }
}

/// A message to devices, on its way.
struct MatrixParcel: Sendable, Equatable {
    let transaction: String
    let type: String
    /// `{"messages": {user: {device: content}}}`
    let body: JSON
}
