internal import Chat
internal import Crypto
internal import Database
internal import JSON
internal import Kit
internal import Logging
internal import Olm
internal import Primitives

/// Megolm, incoming: reads events of rooms.
extension MatrixEncryption {
    /// The events among `events` that could be read, by id. What cannot is kept until its key comes.
    ///
    /// - Parameter isFirst: they come with a first sync, so most are old, and nothing is said about those without keys.
    func open(
        _ events: some Sequence<MatrixEvent>, in room: String, isFirst: Bool = false
    ) async throws -> [String: MatrixEvent] {
        let closed = events.filter { $0.isSealed && $0.sender != self.user }
        guard !closed.isEmpty, self.account != nil else { return [:] }
        try await self.refresh(closed.map(\.sender))
        self.hear(closed.map(\.sender))
        var opened: [String: MatrixEvent] = [:]
        var missing: [(event: MatrixEvent, session: String)] = []
        for event in closed {
            switch try await self.open(event, in: room) {
            case .event(let clear):
                self.sayChange(of: event.sender, about: event, in: room)
                opened[event.id] = clear
            case .missingKey(let session): if !isFirst { missing.append((event, session)) }
            case .untrusted(let reason):
                self.counters.withLock { $0.undecryptable += 1 }
                self.say(reason, about: event, in: room, name: "trust \(event.sender) \(event.sessionID)")
            case .unproved: continue
            case .refused(let reason):
                self.logger.warning("An encrypted event in \(room) from \(event.sender) was refused: \(reason)")
            }
        }
        try await self.storeIndices()
        if !missing.isEmpty { try await self.wait(for: missing, in: room) }
        if !opened.isEmpty, self.isUnprepared(room) { self.begin(.prepare(room: room)) }
        return opened
    }

    enum Reading: Sendable {
        case event(MatrixEvent)
        /// The key of this session has not come.
        case missingKey(String)
        /// The sender's device is not trusted, with what to do.
        case untrusted(String)
        /// Read with a key of the backup, which anybody who runs the server can write: nobody's word.
        case unproved
        /// Forged, repeated or damaged.
        case refused(String)
    }

    private func open(_ event: MatrixEvent, in room: String) async throws -> Reading {
        guard event.content["algorithm"] == "m.megolm.v1.aes-sha2",
            let id = event.content["session_id"]?.shortString,
            let text = event.content["ciphertext"]?.stringValue
        else { return .refused("its algorithm is not supported") }
        // Found by room and session only: the other fields of an event prove nothing.
        guard let key = try await self.roomKey(id, in: room) else { return .missingKey(id) }
        guard key.facts.sender == nil || key.facts.sender == event.sender else {
            return .refused("its key belongs to \(key.facts.sender ?? "")")
        }
        let clear: (text: [UInt8], index: UInt32)
        do {
            clear = try key.session.decrypt(text)
        } catch {
            if error.code == "UNKNOWN_MESSAGE_INDEX" { return .missingKey(id) }
            return .refused(error.code)
        }
        guard let payload = try? JSON.parse(clear.text), let type = payload["type"]?.stringValue,
            let content = payload["content"], content.objectValue != nil
        else { return .refused("its content is damaged") }
        guard payload["room_id"]?.stringValue == room else { return .refused("it was written for another room") }
        guard try await self.isFirst(event, session: id, clear.index) else {
            return .refused("its message was read before, as another event or more than 30 days ago")
        }
        guard key.facts.source != .backup else { return .unproved }
        if let reason = self.objection(to: key.facts, by: event.sender) { return .untrusted(reason) }
        return .event(event.opened(type: type, content: content))
    }

    /// The events among `events` that can be read now, by id, with the bot's own. They are from the room's past: nothing is
    /// said about the others, nobody is asked for their keys, and they are not kept.
    func look(at events: [MatrixEvent], in room: String) async throws -> [String: MatrixEvent] {
        guard self.account != nil else { return [:] }
        var opened: [String: MatrixEvent] = [:]
        for event in events where event.isSealed {
            if event.sender == self.user {
                opened[event.id] = await self.openOwn(event, in: room)
            } else if case .event(let clear) = try await self.open(event, in: room) {
                opened[event.id] = clear
            }
        }
        try await self.storeIndices()
        return opened
    }

    /// Why a person's device is not listened to; nil if it is.
    private func objection(to key: MatrixRoomKey, by sender: String) -> String? {
        guard let person = self.people[sender] else { return "The devices of \(sender) are not known yet." }
        guard let senderKey = key.senderKey, let device = self.device(of: sender, key: senderKey),
            device.ed25519 == key.signingKey
        else { return "The device that wrote this does not belong to \(sender)." }
        return self.isTrusted(device, of: person) ? nil : self.reason(against: device, of: person)
    }

    // MARK: Late keys

    /// Keeps events until their keys come, and asks for those. For people to whom the bot does not listen nothing is done.
    private func wait(for missing: [(event: MatrixEvent, session: String)], in room: String) async throws {
        self.counters.withLock { $0.undecryptable += missing.count }
        var senders: Set<String> = []
        for sender in Set(missing.map { $0.event.sender }) {
            if await self.mayTalk(sender, room) { senders.insert(sender) }
        }
        let waiting = missing.filter { senders.contains($0.event.sender) }
        guard !waiting.isEmpty else { return }
        let now = self.clock()
        var late = if let known = self.late { known } else { try await self.countLate() }
        late.forgetOld(at: now)
        let bodies = waiting.map { $0.event.json.text }
        var dropped: Set<String> = []
        for ((event, _), body) in zip(waiting, bodies) {
            dropped.formUnion(late.add(event.id, from: event.sender, bytes: body.utf8.count, at: now))
        }
        var changes = MatrixKeyChanges()
        for ((event, session), body) in zip(waiting, bodies) where !dropped.contains(event.id) {
            changes.setLate(event.id, room: room, session: session, body: body, at: now)
        }
        for id in dropped { changes.removeLate(id) }
        try await self.commit(changes)
        self.late = late
        for (event, session) in waiting where !dropped.contains(event.id) {
            guard self.mayAsk(for: session, of: event.sender, in: room, at: now) else { continue }
            self.begin(.request(room: room, session: session, user: event.sender))
            self.say(nil, about: event, in: room, name: session)
        }
    }

    /// What an earlier run has kept, without what is too much.
    private func countLate() async throws -> MatrixLateEvents {
        var stored: [(id: String, sender: String, bytes: Int, at: Int64)] = []
        // Events may be long.
        try await self.store.read(.late, inPartsOf: 100) { rows in
            for row in rows {
                let body = Array(try row.text("body").utf8)
                let event = (try? JSON.parse(body)).flatMap { MatrixEvent($0) }
                stored.append((try row.text("event"), event?.sender ?? "", body.count, try row.int64("at")))
            }
        }
        var late = MatrixLateEvents()
        var changes = MatrixKeyChanges()
        for (id, sender, bytes, time) in stored.sorted(by: { $0.at < $1.at }) {
            for old in late.add(id, from: sender, bytes: bytes, at: time) { changes.removeLate(old) }
        }
        try await self.commit(changes)
        return late
    }

    /// How often the key of a session is asked for, in milliseconds.
    private static let requestInterval: Int64 = 3_600_000

    /// Whether the key of a session is asked for, now that an event needs it.
    private func mayAsk(for session: String, of user: String, in room: String, at now: Int64) -> Bool {
        let name = Self.requestName(session, of: user, in: room)
        if let last = self.askedAt[name], (0..<Self.requestInterval).contains(now - last) { return false }
        guard self.keyRequests.admits(user, at: now) else { return false }
        self.askedAt[name] = now
        return true
    }

    /// Anybody can write of anybody's session.
    private static func requestName(_ session: String, of user: String, in room: String) -> String {
        "\(user) \(room) \(session)"
    }

    private static func missingKeyText(_ code: String?) -> String {
        let cause =
            switch code {
            case "m.unverified":
                "your app does not send keys to this bot because it is not verified: allow unverified sessions in the "
                    + "room's security settings, or verify the bot with `!verify`"
            case "m.blacklisted": "your app blocks this bot: unblock it in the bot's profile"
            case "m.no_olm": "your app could not reach this bot's encryption: send another message"
            default: "your app has not sent the key to this bot yet"
            }
        return "I cannot read this message: \(cause). I will answer when the key comes; if that takes long, send it "
            + "again."
    }

    private struct LateEvent: Sendable {
        let id: String
        let room: String
        let body: String
        /// Of the key that has come.
        let firstIndex: Int64
    }

    /// How many late events are read with one sync.
    private static let lateStep = 500
    /// Of ``early``, twice as many as can wait. Beyond it all are tried again.
    private static let triedLimit = 10_000

    /// Adds events whose keys have come. They stay until ``finishSync(_:)``.
    func openLate(_ opened: inout MatrixOpened) async throws {
        opened.news = self.keyNews
        guard self.keyNews != self.settledNews else { return }
        let due = try await self.dueLateEvents()
        // The others follow with the next sync.
        if due.count == Self.lateStep { opened.news = self.settledNews }
        var gone: [(id: String, sender: String)] = []
        for late in due {
            let event = (try? JSON.parse(Array(late.body.utf8))).flatMap { MatrixEvent($0) }
            if let event, try await self.read(event, late, &opened) { continue }
            gone.append((late.id, event?.sender ?? ""))
        }
        try await self.storeIndices()
        try await self.store.commit(MatrixKeyChanges { for (id, _) in gone { $0.removeLate(id) } })
        for (id, sender) in gone { self.late?.remove(id, from: sender) }
        for room in opened.late.keys where self.isUnprepared(room) { self.begin(.prepare(room: room)) }
    }

    /// False if nothing comes of the event any more.
    private func read(_ event: MatrixEvent, _ late: LateEvent, _ opened: inout MatrixOpened) async throws -> Bool {
        try await self.refresh([event.sender])
        switch try await self.open(event, in: late.room) {
        case .event(let clear):
            self.sayChange(of: event.sender, about: event, in: late.room)
            opened.late[late.room, default: []].append(clear)
        case .missingKey: self.early[late.id] = late.firstIndex
        case .untrusted(let reason):
            self.say(reason, about: event, in: late.room, name: "trust \(event.sender) \(event.sessionID)")
            return false
        case .refused, .unproved: return false
        }
        return true
    }

    /// The oldest late events whose keys have come, but for those that the keys are known not to read.
    private func dueLateEvents() async throws -> [LateEvent] {
        if self.early.count > Self.triedLimit { self.early = [:] }
        let early = self.early
        return try await self.store.read { rows in
            let sql = """
                SELECT late.event, room_keys.first_index FROM {late} JOIN {room_keys} USING (room, session)
                ORDER BY late.at, late.event
                """
            var due: [LateEvent] = []
            for row in try rows.query(sql) where due.count < Self.lateStep {
                let (id, first) = (try row.text("event"), try row.int64("first_index"))
                guard early[id] != first,
                    let late = try rows.first("SELECT room, body FROM {late} WHERE event = $1", SQLValue(id))
                else { continue }
                due.append(
                    LateEvent(id: id, room: try late.text("room"), body: try late.text("body"), firstIndex: first))
            }
            return due
        }
    }

    private func isClosed(_ event: String) async throws -> Bool {
        try await self.store.has(
            """
            SELECT 1 FROM {late} WHERE event = $1
                AND NOT EXISTS (SELECT 1 FROM {room_keys} WHERE room = late.room AND session = late.session)
            """, event)
    }

    // MARK: Words

    /// Says something about an event in its thread, once for `name`. Without a text it says that the key is missing, if
    /// it still is after a moment.
    private func say(_ text: String?, about event: MatrixEvent, in room: String, name: String) {
        self.notices.continuation.yield(
            MatrixKeyNotice(
                room: room, thread: event.threadRoot, user: event.sender, text: text, name: name, event: event.id))
    }

    /// Says once that a person's identity has changed, where that does not keep the bot from answering.
    private func sayChange(of user: String, about event: MatrixEvent, in room: String) {
        guard let person = self.people[user], person.hasChanged, let master = person.master else { return }
        self.say(
            "The identity of \(user) has changed: they have reset it, or somebody else uses the account. If you know that "
                + "it is them, an owner can accept it with `!verify trust \(user)` in a direct message.", about: event,
            in: room, name: "identity \(user) \(master)")
    }

    /// The text of a notice that has to be said now; nil if it was said before or has become needless.
    func take(_ notice: MatrixKeyNotice) async throws -> String? {
        if notice.text == nil, let event = notice.event, try await !self.isClosed(event) { return nil }
        return try await self.alone {
            let name = notice.name
            if try await self.store.has("SELECT 1 FROM {told} WHERE name = $1", name) { return nil }
            try await self.commit(MatrixKeyChanges { $0.setTold(name, at: self.clock()) })
            return notice.text ?? Self.missingKeyText(self.withheld[name])
        }
    }

    /// Asks the device that has the key for it. Others than the bot's own devices need not answer.
    ///
    /// https://spec.matrix.org/v1.16/client-server-api/#key-requests
    func request(room: String, session: String, of user: String) async throws {
        let content: JSON = [
            "action": "request", "request_id": .string(session), "requesting_device_id": .string(self.device),
            "body": [
                "algorithm": "m.megolm.v1.aes-sha2", "room_id": .string(room), "session_id": .string(session),
            ],
        ]
        let name = Self.requestName(session, of: user, in: room)
        do {
            _ = try await self.ask(
                .sendToDevice(
                    "m.room_key_request", transaction: "request-\(hex(sha256(name)).prefix(24))",
                    messages: .object([user: ["*": content]])))
        } catch {
            self.askedAt[name] = nil
            throw error
        }
    }
}
