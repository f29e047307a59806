internal import Chat
internal import Crypto
internal import Database
internal import JSON
internal import Logging
internal import Olm
internal import Primitives

/// Megolm, outgoing: one session a room, whose key every reader's device gets.
///
/// https://spec.matrix.org/v1.16/client-server-api/#mmegolmv1aes-sha2
extension MatrixEncryption {
    /// The most devices in one request: each content has about 1.2 kB, and servers take a few hundred kB.
    private static let shareLimit = 100

    /// How often a room's members are asked for while they change.
    private static let memberTries = 5

    /// How long a room with too many members is not asked again, in milliseconds.
    private static let crowdedTime: Int64 = 3_600_000

    /// Encrypts an event. The same transaction gives the same ciphertext until ``forget(transaction:)``.
    func seal(room: String, type: String, content: JSON, transaction: String) async throws -> MatrixSealed {
        try await self.alone(in: room) {
            if !self.confirmed.contains(transaction), self.unconfirmed.contains(transaction),
                let sealed = try await self.sealed(transaction)
            {
                return sealed
            }
            let session = try await self.prepare(room)
            return try await self.alone {
                guard var outbound = self.outbound[room], outbound.session.id == session, let account = self.account
                else { throw MatrixKeyStoreError("the session of \(room) was replaced; try again") }
                var inner: JSONObject = [
                    "type": .string(type), "room_id": .string(room),
                ]
                var body = content.objectValue ?? [:]
                // Relations stay readable for the server, which aggregates them.
                let relation = body["m.relates_to"]
                if relation?["rel_type"] != nil || relation?["m.in_reply_to"] != nil { body["m.relates_to"] = nil }
                inner["content"] = .object(body)
                let text = outbound.session.encrypt(JSON.object(inner).bytes)
                outbound.messages += 1
                var sealed: JSONObject = [
                    "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": .string(text),
                    "session_id": .string(outbound.session.id), "sender_key": .string(account.curve25519),
                    "device_id": .string(self.device),
                ]
                sealed["m.relates_to"] = relation
                var changes = MatrixKeyChanges()
                changes.setOutbound(outbound, pickle: outbound.session.pickle(self.store.pickleKey))
                let confirmed = self.confirmed
                for transaction in confirmed { changes.removeSealed(transaction) }
                changes.setSealed(transaction, room: room, content: JSON.object(sealed).text, at: self.clock())
                try await self.commit(changes)
                self.outbound[room] = outbound
                self.confirmed.subtract(confirmed)
                self.unconfirmed.subtract(confirmed)
                self.unconfirmed.insert(transaction)
                return MatrixSealed(sealedContent: .object(sealed))
            }
        }
    }

    private func sealed(_ transaction: String) async throws -> MatrixSealed? {
        let text = try await self.store.read { rows in
            try rows.first("SELECT content FROM {sealed} WHERE txn = $1", SQLValue(transaction))?.text("content")
        }
        return text.flatMap { try? JSON.parse(Array($0.utf8)) }.map { MatrixSealed(sealedContent: $0) }
    }

    /// The server has the event, or refused this form of it. The next seal removes the ciphertext; left over by a crash it
    /// costs a row.
    func forget(transaction: String) { self.confirmed.insert(transaction) }

    // MARK: Sharing

    /// Shares the key while the answer is being made, so the first message needs no extra requests.
    func prepareEarly(_ room: String) async throws {
        guard self.account != nil, self.rooms[room] != nil else { return }
        _ = try await self.alone(in: room) { try await self.prepare(room) }
    }

    /// Whether an answer would need requests first, as far as is known without asking.
    func isUnprepared(_ room: String) -> Bool {
        guard let facts = self.rooms[room], facts.knowsMembers, let outbound = self.outbound[room] else { return true }
        return outbound.messages >= facts.rotationMessages
            || facts.readers.contains { self.people[$0]?.isOutdated ?? true }
    }

    /// Makes sure that every reader has the key of the room's session; returns the session's id.
    private func prepare(_ room: String) async throws -> String {
        guard self.account != nil else { throw MatrixKeyStoreError("the encryption of this account is not ready") }
        try await self.learnMembers(of: room)
        let readers = self.rooms[room]?.readers ?? []
        try await self.refresh(readers.union([self.user]))
        let (entitled, excluded) = self.devices(of: readers.union([self.user]))
        try await self.renew(room, entitled: Set(entitled.map(\.name)))
        guard let outbound = self.outbound[room] else {
            throw MatrixKeyStoreError("the session of \(room) could not be made")
        }
        let missing = entitled.filter { recipient in
            // Only `nil` as the reason means that it has the key.
            guard let share = outbound.shares[recipient.name] else { return true }
            return share != nil
        }
        try await self.share(outbound, with: missing)
        try await self.withhold(outbound, from: excluded)
        return outbound.session.id
    }

    private func devices(of users: Set<String>) -> (entitled: [Recipient], excluded: [Recipient]) {
        var entitled: [Recipient] = []
        var excluded: [Recipient] = []
        for user in users.sorted() {
            guard let person = self.people[user] else { continue }
            for device in person.devices.values where !device.isRemoved {
                if user == self.user, device.id == self.device { continue }
                let recipient = Recipient(
                    name: MatrixDeviceName(user: user, device: device.id), ed25519: device.ed25519,
                    curve25519: device.curve25519)
                if self.isTrusted(device, of: person) { entitled.append(recipient) } else { excluded.append(recipient) }
            }
        }
        return (entitled, excluded)
    }

    /// Makes a new session where the old one is used up, old, or known to somebody who may not read any more.
    private func renew(_ room: String, entitled: Set<MatrixDeviceName>) async throws {
        try await self.alone {
            try await self.loadOutbound(room)
            let facts = self.rooms[room] ?? MatrixCipherRoom()
            let now = self.clock()
            if let outbound = self.outbound[room] {
                let holders = outbound.shares.filter { $0.value == nil }.keys
                let isGood =
                    outbound.messages < facts.rotationMessages
                    && now - outbound.createdAt < facts.rotationTime && now >= outbound.createdAt - 60_000
                    && outbound.visibility == facts.visibility && holders.allSatisfy(entitled.contains)
                if isGood { return }
            }
            var changes = MatrixKeyChanges()
            if let old = self.outbound[room] { changes.removeOutbound(room: room, session: old.session.id) }
            let session = MegolmOutboundSession()
            let outbound = MatrixOutbound(
                room: room, session: session, createdAt: now, messages: 0, visibility: facts.visibility, shares: [:])
            changes.setOutbound(outbound, pickle: session.pickle(self.store.pickleKey))
            // The bot reads its own messages when it looks for one whose outcome is unknown.
            let own = try MegolmInboundSession(sessionKey: session.sessionKey)
            let readable = MatrixRoomKey(
                room: room, session: session.id, sender: self.user, senderKey: self.account?.curve25519,
                signingKey: self.account?.ed25519, firstIndex: 0, source: .own)
            changes.setRoomKey(readable, pickle: own.pickle(self.store.pickleKey), isBackedUp: false)
            try await self.commit(changes)
            self.outbound[room] = outbound
        }
        self.begin(.backUp)
    }

    private func loadOutbound(_ room: String) async throws {
        guard self.outbound[room] == nil else { return }
        let stored = try await self.store.read { rows -> (row: Row, shares: [MatrixDeviceName: String?])? in
            let sql = "SELECT session, pickle, created_at, messages, visibility FROM {outbound} WHERE room = $1"
            guard let row = try rows.first(sql, SQLValue(room)) else { return nil }
            var shares: [MatrixDeviceName: String?] = [:]
            let devices = #"SELECT "user", device, reason FROM {shares} WHERE session = $1"#
            for share in try rows.query(devices, SQLValue(try row.text("session"))) {
                let name = MatrixDeviceName(user: try share.text("user"), device: try share.text("device"))
                shares.updateValue(share["reason"].text, forKey: name)
            }
            return (row, shares)
        }
        guard let (row, shares) = stored else { return }
        let pickle = try row.bytes("pickle")
        guard let session = try? MegolmOutboundSession(pickle: pickle, key: self.store.pickleKey) else { return }
        if self.outbound.count >= 2_048 { self.outbound = [:] }
        self.outbound[room] = MatrixOutbound(
            room: room, session: session, createdAt: try row.int64("created_at"), messages: try row.int("messages"),
            visibility: try row.text("visibility"), shares: shares)
    }

    /// Sends the key, from the session's present index on.
    private func share(_ outbound: MatrixOutbound, with recipients: [Recipient]) async throws {
        var start = 0
        while start < recipients.count {
            let part = Array(recipients[start..<min(start + Self.shareLimit, recipients.count)])
            start += part.count
            let reachable = try await self.connect(part)
            let content: JSON = [
                "algorithm": "m.megolm.v1.aes-sha2", "room_id": .string(outbound.room),
                "session_id": .string(outbound.session.id), "session_key": .string(outbound.session.sessionKey),
            ]
            try await self.send(part.filter { reachable.contains($0.name) }, type: "m.room_key") { _ in content }
            let unreachable = part.filter { !reachable.contains($0.name) }
            try await self.note(outbound, part.filter { reachable.contains($0.name) }, reason: nil)
            try await self.tell(outbound, unreachable, code: "m.no_olm", reason: "No one-time key was left")
            if !unreachable.isEmpty { self.counters.withLock { $0.failedShares += unreachable.count } }
        }
    }

    /// Says once to devices that are not trusted why they get no key.
    private func withhold(_ outbound: MatrixOutbound, from recipients: [Recipient]) async throws {
        try await self.tell(
            outbound, recipients, code: "m.unverified", reason: "The device or its owner is not verified")
    }

    /// https://spec.matrix.org/v1.16/client-server-api/#reporting-that-decryption-keys-are-withheld
    private func tell(
        _ outbound: MatrixOutbound, _ recipients: [Recipient], code: String, reason: String
    ) async throws {
        let new = recipients.filter { outbound.shares[$0.name] != .some(.some(code)) }
        guard !new.isEmpty, let account = self.account else { return }
        var messages = JSONObject()
        for recipient in new {
            var content: JSONObject = [
                "algorithm": "m.megolm.v1.aes-sha2", "sender_key": .string(account.curve25519), "code": .string(code),
                "reason": .string(reason),
            ]
            // A missing channel concerns every session.
            if code != "m.no_olm" {
                content["room_id"] = .string(outbound.room)
                content["session_id"] = .string(outbound.session.id)
            }
            messages.add(.object(content), for: recipient.name)
        }
        let parcel = MatrixParcel(
            transaction: "withheld-\(hex(randomBytes(12)))", type: "m.room_key.withheld",
            body: ["messages": .object(messages)])
        try await self.note(outbound, new, reason: code)
        // Only a hint: a failure must not keep the message back.
        do { try await self.deliver(parcel) } catch is MatrixCallError {}
    }

    private func note(_ outbound: MatrixOutbound, _ recipients: [Recipient], reason: String?) async throws {
        guard !recipients.isEmpty else { return }
        var changes = MatrixKeyChanges()
        for recipient in recipients {
            changes.setShare(session: outbound.session.id, recipient.name, reason: reason)
        }
        try await self.commit(changes)
        guard self.outbound[outbound.room]?.session.id == outbound.session.id else { return }
        for recipient in recipients {
            self.outbound[outbound.room]?.shares.updateValue(reason, forKey: recipient.name)
        }
    }

    // MARK: Members

    /// Asks for all members of a room whose members are not known: the server lists only those who write.
    private func learnMembers(of room: String) async throws {
        for _ in 0..<Self.memberTries {
            let known = self.rooms[room]
            if known?.knowsMembers == true { return }
            if let at = known?.crowdedAt, (0..<Self.crowdedTime).contains(self.clock() - at) {
                throw Self.crowded(room)
            }
            let news = self.roomNews[room]
            async let encryption = self.ask(.encryption(of: room))
            async let members = self.ask(.members(of: room))
            let visibility = try? await self.ask(.historyVisibility(of: room))
            let (rules, answer) = (try await encryption, try await members)
            // The bot may also have left it, or come.
            guard self.roomNews[room] == news, (self.rooms[room] == nil) == (known == nil) else { continue }
            var facts = self.rooms[room] ?? MatrixCipherRoom()
            facts.apply(rules)
            facts.visibility = visibility?["history_visibility"]?.shortString ?? facts.visibility
            facts.members = [:]
            for event in MatrixEvent.list(answer["chunk"]) { facts.apply(membership: event) }
            facts.knowsMembers = true
            facts.crowdedAt = nil
            self.rooms[room] = facts
            var changes = MatrixKeyChanges()
            self.limitMembers(&changes)
            facts = self.rooms[room] ?? facts
            changes.setRoom(room, facts)
            changes.removeMembers(of: room)
            for (user, isInvited) in facts.members { changes.setMember(user, of: room, isInvited: isInvited) }
            try await self.commit(changes)
            guard facts.knowsMembers else { throw Self.crowded(room) }
            return
        }
        throw MatrixKeyStoreError("the members of \(room) change all the time; try again")
    }

    private static func crowded(_ room: String) -> AdapterError {
        AdapterError(
            .forbidden,
            "\(room) is encrypted and has too many members (the limit is \(Self.memberLimit), of all rooms "
                + "\(Self.allMembersLimit)), so the bot does not write there; use a smaller room, or one without encryption"
        )
    }
}
