internal import Crypto
internal import Database
internal import JSON
internal import Kit
internal import Logging
internal import Olm

/// What `/sync` brings: messages to this device, changes of devices and members, events to read.
extension MatrixEncryption {
    /// Handles an answer to `/sync` before its events are: when this returns, everything in it that concerns keys is
    /// stored. Throws when that is not possible; the sync must then be repeated.
    ///
    /// - Parameter since: the position that was asked from; without one, device changes before it are unknown.
    func receive(_ json: JSON, since: String?) async throws -> MatrixOpened {
        let sync = MatrixSyncKeys(json)
        self.yield(to: sync.stamp)
        guard self.account != nil else { return MatrixOpened(loss: self.supersession) }
        if self.isStale {
            try await self.alone {
                try await self.load(device: self.device)
                self.isStale = false
            }
        }
        if since == nil { try await self.setAllOutdated() }
        try await self.alone {
            var changes = MatrixKeyChanges()
            self.noteDeviceLists(changed: sync.changed, left: sync.left, &changes)
            if let rooms = sync.rooms { self.note(rooms, isNews: since != nil, &changes) }
            try await self.commit(changes)
        }
        try await self.receive(sync.messages)
        if let counts = sync.oneTimeKeys, counts < 25 || sync.isFallbackUnused == false {
            do {
                try await self.uploadKeys(counts: counts, unusedFallback: sync.isFallbackUnused)
            } catch let error as MatrixCallError {
                if error.refusal?.isKeyConflict == true {
                    self.account = nil
                    return MatrixOpened(
                        loss: .device("its device \(self.device) has other one-time keys on the server"))
                }
                self.logger.warning("One-time keys could not be uploaded: \(error)")
            }
        }
        try await self.alone {
            try await self.forgetOldFallback()
            try await self.forgetStrangers()
            try await self.mergeIndices()
        }
        if self.isStampDue { self.begin(.stamp) }
        var opened = MatrixOpened()
        try await self.openLate(&opened)
        for room in sync.rooms?.joined ?? [] {
            let events = try await self.open(self.timeline(of: room), in: room.id, isFirst: since == nil)
            opened.events.merge(events) { $1 }
            for event in room.timeline { if let event = events[event.id] { await self.verify(event, in: room.id) } }
        }
        return opened
    }

    /// The events that can be meant for the bot: not those from before its invitation, whose keys it never gets.
    private func timeline(of room: MatrixSync.Joined) -> ArraySlice<MatrixEvent> {
        room.timeline[room.firstSinceInvitation(of: self.user)...]
    }

    /// The events of `opened` were delivered.
    func finishSync(_ opened: MatrixOpened) async throws {
        self.settledNews = opened.news
        let late = opened.late.values.flatMap { $0 }
        guard !late.isEmpty else { return }
        try await self.store.commit(MatrixKeyChanges { for event in late { $0.removeLate(event.id) } })
        for event in late { self.late?.remove(event.id, from: event.sender) }
    }

    // MARK: Rooms

    /// The members up to which a room's key is shared when the bot joins it.
    private static let earlyLimit = 20

    /// - Parameter isNews: new rooms are those that the bot has just joined.
    private func note(_ sync: MatrixSync, isNews: Bool, _ changes: inout MatrixKeyChanges) {
        for joined in sync.joined {
            let events = joined.state + joined.timeline
            var room = self.rooms[joined.id]
            for event in events where event.type == .encryption && event.stateKey == "" {
                if room == nil, self.rooms.count < MatrixMemory.roomLimit { room = MatrixCipherRoom() }
                room?.apply(event.content)
            }
            guard var facts = room else { continue }
            let before = facts
            if joined.isLimited || events.contains(where: { [.member, .historyVisibility].contains($0.type) }) {
                self.lastGeneration += 1
                self.roomNews[joined.id] = self.lastGeneration
            }
            for event in events {
                if event.type == .historyVisibility, event.stateKey == "" {
                    facts.visibility = event.content["history_visibility"]?.shortString ?? facts.visibility
                }
                guard facts.knowsMembers, let user = facts.apply(membership: event) else { continue }
                changes.setMember(user, of: joined.id, isInvited: facts.members[user])
            }
            // Members may have come and gone in what the server left out.
            if joined.isLimited { facts.knowsMembers = false }
            // Somebody has invited the bot to talk to it: the keys are shared before the first question.
            if self.rooms[joined.id] == nil, isNews, joined.joinedCount ?? .max <= Self.earlyLimit {
                self.begin(.prepare(room: joined.id))
            }
            guard facts != before || self.rooms[joined.id] == nil else { continue }
            self.rooms[joined.id] = facts
            changes.setRoom(joined.id, facts)
        }
        // A first sync has all rooms that the bot is in.
        let joined = isNews ? [] : Set(sync.joined.map(\.id))
        for id in isNews ? sync.left.map(\.id) : self.rooms.keys.filter({ !joined.contains($0) }) {
            self.forget(id, &changes)
        }
        self.limitMembers(&changes)
    }

    /// Forgets a room that the bot has left: anybody can invite it to any number of rooms with any number of members.
    private func forget(_ room: String, _ changes: inout MatrixKeyChanges) {
        guard self.rooms.removeValue(forKey: room) != nil else { return }
        self.roomNews[room] = nil
        self.outbound[room] = nil
        // Its keys count as those of a room that the bot is not in.
        self.keyCounts[room] = nil
        self.strayKeys = nil
        changes.removeRoom(room)
    }

    /// Members of a room, and of all: each is remembered, and gets every room key.
    static let memberLimit = 10_000
    static let allMembersLimit = 200_000

    /// Forgets the members where there are too many; of all rooms, those with the most go first.
    func limitMembers(_ changes: inout MatrixKeyChanges) {
        var total = self.rooms.values.reduce(0) { $0 + $1.members.count }
        guard total > Self.allMembersLimit || self.rooms.values.contains(where: { $0.members.count > Self.memberLimit })
        else { return }
        let counts = self.rooms.mapValues(\.members.count).sorted { ($0.value, $0.key) > ($1.value, $1.key) }
        for (id, count) in counts where count > Self.memberLimit || total > Self.allMembersLimit {
            total -= count
            self.rooms[id]?.forgetMembers(at: self.clock())
            if let facts = self.rooms[id] { changes.setRoom(id, facts) }
            changes.removeMembers(of: id)
            self.logger.warning("\(id) has too many members, so the bot does not write there")
        }
    }

    // MARK: Messages to this device

    private func receive(_ messages: [MatrixSyncKeys.Message]) async throws {
        var soon: [MatrixSyncKeys.Message] = []
        for message in messages {
            if self.isAnswered(message) {
                soon.append(message)
            } else if self.postponed.count < Self.postponedLimit {
                self.postponed.append(message)
                self.begin(.receive)
            }
        }
        try await self.handle(soon)
    }

    /// Further ones are lost. Those of a flood have one answer of the server together.
    private static let postponedLimit = 200

    func receivePostponed() async throws {
        let messages = self.postponed
        guard !messages.isEmpty else { return }
        do {
            self.postponed = []
            try await self.handle(messages)
        } catch {
            // What was handled is recognised; the next message begins again with the rest.
            self.postponed = Array((messages + self.postponed).prefix(Self.postponedLimit))
            throw error
        }
    }

    /// Whether a message is handled before the rest of its sync: those of strangers only as far as their budget goes.
    /// Verifications have one of their own.
    private func isAnswered(_ message: MatrixSyncKeys.Message) -> Bool {
        let user = message.sender
        return user == self.user || message.type.hasPrefix("m.key.verification.")
            || self.roommates.contains(user)
            || self.strangers.admits(user, at: self.clock())
    }

    private func handle(_ messages: [MatrixSyncKeys.Message]) async throws {
        guard !messages.isEmpty else { return }
        // Whoever is not known is asked for first, outside the exclusive part.
        let strangers = messages.compactMap { message -> String? in
            guard message.type == "m.room.encrypted", let key = message.content["sender_key"]?.stringValue,
                MatrixDeviceKeys.isKey(key)
            else { return nil }
            return self.device(of: message.sender, key: key) == nil ? message.sender : nil
        }
        try await self.refreshAnyway(strangers)
        self.hear(messages.map(\.sender))
        var verifications: [MatrixSyncKeys.Message] = []
        try await self.alone {
            self.misses = 0
            for message in messages {
                var changes = MatrixKeyChanges()
                let digest = Self.digest(message)
                if try await self.store.has("SELECT 1 FROM {handled} WHERE digest = $1", digest) { continue }
                if let other = try await self.receive(message, &changes) { verifications.append(other) }
                changes.setHandled(digest, at: self.clock())
                try await self.commit(changes)
            }
        }
        for message in verifications { await self.verify(message) }
    }

    /// Asks for people even if they count as known: a device of theirs is new.
    func refreshAnyway(_ users: [String]) async throws {
        guard !users.isEmpty else { return }
        var changes = MatrixKeyChanges()
        for user in Set(users) where self.people[user] != nil { self.setOutdated(user, &changes) }
        try await self.store.commit(changes)
        try await self.refresh(users)
    }

    private static func digest(_ message: MatrixSyncKeys.Message) -> String {
        hex(sha256("\(message.sender) \(message.type) \(message.content.canonicalText)"))
    }

    /// Handles a message. Returns it, decrypted, if it belongs to a verification.
    private func receive(
        _ message: MatrixSyncKeys.Message, _ changes: inout MatrixKeyChanges
    ) async throws -> MatrixSyncKeys.Message? {
        switch message.type {
        case "m.room.encrypted": return try await self.receiveEncrypted(message, &changes)
        case "m.room_key.withheld":
            if let session = message.content["session_id"]?.shortString {
                self.withheld[session] = message.content["code"]?.shortString ?? "m.unknown"
            }
        case let type where type.hasPrefix("m.key.verification."): return message
        default: break
        }
        return nil
    }

    private func receiveEncrypted(
        _ message: MatrixSyncKeys.Message, _ changes: inout MatrixKeyChanges
    ) async throws -> MatrixSyncKeys.Message? {
        guard let account = self.account, message.content["algorithm"] == "m.olm.v1.curve25519-aes-sha2",
            // Anything else names no device, and would only be remembered.
            let key = message.content["sender_key"]?.stringValue, MatrixDeviceKeys.isKey(key),
            let part = message.content["ciphertext"]?[account.curve25519], let body = part["body"]?.stringValue,
            let kind = part["type"]?.intValue.flatMap(OlmMessage.Kind.init)
        else { return nil }
        guard let text = try await self.open(OlmMessage(kind: kind, body: body), from: key, &changes) else {
            self.logger.info("A message from a device of \(message.sender) could not be decrypted")
            self.begin(.mend(user: message.sender, key: key))
            return nil
        }
        guard let payload = try? JSON.parse(text),
            let device = self.validated(payload, from: message.sender, key: key, account)
        else {
            self.logger.warning("A message to this device does not belong to \(message.sender), whose name it bears")
            return nil
        }
        let content = payload["content"] ?? [:]
        switch payload["type"]?.stringValue ?? "" {
        case "m.room_key":
            try await self.receiveRoomKey(content, from: message.sender, device, &changes) {
                try MegolmInboundSession(sessionKey: $0)
            }
        // Only the device that made a session may hand its key out later: anybody else could have made it up.
        case "m.forwarded_room_key"
        where content["sender_key"]?.stringValue == key
            && content["sender_claimed_ed25519_key"]?.stringValue == device.ed25519:
            try await self.receiveRoomKey(content, from: message.sender, device, &changes) {
                try MegolmInboundSession(exported: $0)
            }
        case let type where type.hasPrefix("m.key.verification."):
            return MatrixSyncKeys.Message(
                ["type": .string(type), "sender": .string(message.sender), "content": content])
        default: break
        }
        return nil
    }

    /// The device that sent a decrypted payload, if the payload is what it claims to be.
    ///
    /// https://spec.matrix.org/v1.16/client-server-api/#validation-of-incoming-decrypted-events
    private func validated(
        _ payload: JSON, from sender: String, key: String, _ account: OlmAccount
    ) -> MatrixPersonKeys.Device? {
        guard payload["sender"]?.stringValue == sender, payload["recipient"]?.stringValue == self.user,
            payload["recipient_keys"]?["ed25519"]?.stringValue == account.ed25519,
            let device = self.device(of: sender, key: key),
            payload["keys"]?["ed25519"]?.stringValue == device.ed25519
        else { return nil }
        return device
    }

    // MARK: Room keys

    private func receiveRoomKey(
        _ content: JSON, from sender: String, _ device: MatrixPersonKeys.Device, _ changes: inout MatrixKeyChanges,
        opening: (String) throws -> MegolmInboundSession
    ) async throws {
        guard content["algorithm"] == "m.megolm.v1.aes-sha2", let room = content["room_id"]?.shortID,
            let id = content["session_id"]?.stringValue, let text = content["session_key"]?.stringValue,
            let session = try? opening(text), session.id == id
        else { return }
        try await self.add(
            session,
            MatrixRoomKey(
                room: room, session: id, sender: sender, senderKey: device.curve25519, signingKey: device.ed25519,
                firstIndex: session.firstKnownIndex, source: .device), &changes)
    }

    /// A known session is replaced only by one that reads more, and only from the same device.
    func add(
        _ session: MegolmInboundSession, _ facts: MatrixRoomKey, isBackedUp: Bool = false,
        _ changes: inout MatrixKeyChanges
    ) async throws {
        if let known = try await self.roomKey(facts.session, in: facts.room) {
            let isSame = known.facts.senderKey == facts.senderKey || known.facts.source == .backup
            guard isSame, facts.firstIndex < known.facts.firstIndex || known.facts.source == .backup,
                facts.source != .backup
            else { return }
        } else if facts.source == .device {
            try await self.makeRoom(for: facts, &changes)
        }
        changes.setRoomKey(facts, pickle: session.pickle(self.store.pickleKey), isBackedUp: isBackedUp)
        self.keep(MatrixReadingKey(facts: facts, session: session))
        self.keyNews += 1
        if !isBackedUp { self.begin(.backUp) }
    }

    func roomKey(_ session: String, in room: String) async throws -> MatrixReadingKey? {
        let name = room + " " + session
        if let key = self.roomKeys[name] { return key }
        let stored = try await self.store.read { rows -> (MatrixRoomKey, [UInt8])? in
            let sql = """
                SELECT sender, sender_key, signing_key, pickle, first_index, source FROM {room_keys}
                WHERE room = $1 AND session = $2
                """
            guard let row = try rows.first(sql, SQLValue(room), SQLValue(session)) else { return nil }
            let facts = MatrixRoomKey(
                room: room, session: session, sender: row["sender"].text, senderKey: row["sender_key"].text,
                signingKey: row["signing_key"].text, firstIndex: UInt32(clamping: try row.int("first_index")),
                source: MatrixRoomKey.Source(rawValue: try row.text("source")) ?? .backup)
            return (facts, try row.bytes("pickle"))
        }
        guard let (facts, pickle) = stored else { return nil }
        guard let session = try? MegolmInboundSession(pickle: pickle, key: self.store.pickleKey) else { return nil }
        let key = MatrixReadingKey(facts: facts, session: session)
        self.keep(key)
        return key
    }

    private func keep(_ key: MatrixReadingKey) {
        if self.roomKeys.count >= 1_024 { self.roomKeys = [:] }
        self.roomKeys[key.facts.room + " " + key.facts.session] = key
    }
}
