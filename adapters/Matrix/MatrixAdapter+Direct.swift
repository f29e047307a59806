package import Chat
internal import HTTP
internal import JSON
internal import Kit
internal import Primitives

/// Direct rooms: one that is there, or a new one, which is marked as direct for the bot.
extension MatrixAdapter: DirectAdapter {
    package func mayReach(_ identity: String) -> Bool { Self.user(identity) != nil }

    package func direct(with identity: String) async throws -> DirectConversation? {
        guard let user = Self.user(identity) else { return nil }
        let marks = try await self.marks()
        let marked = (marks[user]?.arrayValue ?? []).prefix(100).compactMap(\.stringValue)
        let known = self.state.withLock { $0.machine.directRooms(with: user, marked: marked) }
        for room in known.prefix(10) where try await self.isThere(user, in: room) { return self.conversation(in: room) }
        // A server may encrypt each new direct room: another one would be as useless.
        guard self.state.withLock({ !$0.machine.isUseless(marked) }) else { return nil }
        guard let room = try await self.makeRoom(with: user) else { return nil }
        try await self.mark(room, of: user, in: marks)
        // Nothing is sent before the room's encryption is known, which the next sync brings.
        for _ in 0..<40 {
            if self.state.withLock({ $0.machine.directRooms(with: user, marked: [room]).contains(room) }) {
                return self.conversation(in: room)
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw AdapterError(.disconnected, "The new direct room is not known yet", retryAfter: .seconds(5))
    }

    private static func user(_ identity: String) -> String? {
        guard identity.hasPrefix("matrix:@"), identity.utf8.count <= 300 else { return nil }
        let user = String(identity.dropFirst("matrix:".count))
        return user.utf8.contains(UInt8(ascii: ":")) && !user.utf8.contains(UInt8(ascii: "*")) ? user : nil
    }

    private func conversation(in room: String) -> DirectConversation {
        DirectConversation(
            thread: ThreadKey(adapter: self.id, value: room), route: Route(room: RoomID(adapter: self.id, name: room)))
    }

    /// The account's list of direct rooms, by user.
    private func marks() async throws -> JSONObject {
        do {
            return try await self.look(.directRooms(of: self.settings.user), room: "").objectValue ?? [:]
        } catch let error as AdapterError where error.code == .notFound {
            return [:]
        }
    }

    private func mark(_ room: String, of user: String, in marks: JSONObject) async throws {
        var marks = marks
        marks[user] = .array((marks[user]?.arrayValue ?? []) + [.string(room)])
        _ = try await self.look(.setDirectRooms(.object(marks), of: self.settings.user), room: "")
    }

    /// Whether somebody is in a room, or invited.
    private func isThere(_ user: String, in room: String) async throws -> Bool {
        do {
            let member = try await self.look(.member(user, of: room), room: room)
            return ["join", "invite"].contains(member["membership"]?.stringValue)
        } catch let error as AdapterError where [.notFound, .forbidden].contains(error.code) {
            return false
        }
    }

    /// Nil if the server, or their own, permits no invitation.
    private func makeRoom(with user: String) async throws -> String? {
        let encrypts = self.state.withLock { $0.machine.encrypts }
        do {
            return try await self.look(.newDirectRoom(with: user, isEncrypted: encrypts), room: "")["room_id"]?
                .stringValue
        } catch let error as AdapterError where [.forbidden, .invalid, .notFound].contains(error.code) {
            return nil
        }
    }
}

extension MatrixStateMachine {
    /// The rooms in which the bot and somebody are alone, as far as is known without asking: those to which they invited the
    /// bot, and of `marked` those in which the bot is.
    package func directRooms(with user: String, marked: [String]) -> [String] {
        let invited = self.memory.rooms.filter { $0.value.inviter == user && self.isDirect($0.key) }.keys.sorted()
        let others = marked.filter { room in
            !invited.contains(room) && self.memory.rooms[room].map { ($0.joined ?? 0) <= 2 } == true
        }
        // Where the bot could not write, nobody is reached.
        return (invited + others).filter { !self.isUseless([$0]) }
    }

    /// Whether the bot cannot read one of these rooms, because it does not encrypt.
    package func isUseless(_ rooms: [String]) -> Bool {
        !self.encrypts && rooms.contains(where: self.memory.encrypted.contains)
    }
}

extension MatrixRequest {
    static func directRooms(of user: String) -> MatrixRequest {
        MatrixRequest(.look, .get, Self.client + ["user", user, "account_data", "m.direct"], timeout: 20_000)
    }

    static func setDirectRooms(_ rooms: JSON, of user: String) -> MatrixRequest {
        MatrixRequest(
            .look, .put, Self.client + ["user", user, "account_data", "m.direct"], body: rooms, timeout: 20_000)
    }

    static func member(_ user: String, of room: String) -> MatrixRequest {
        MatrixRequest(.look, .get, Self.room(room, "state", "m.room.member", user), timeout: 20_000)
    }

    static func newDirectRoom(with user: String, isEncrypted: Bool) -> MatrixRequest {
        var body: JSONObject = [
            "preset": "trusted_private_chat", "is_direct": true, "invite": [.string(user)],
        ]
        if isEncrypted {
            body["initial_state"] = [
                [
                    "type": "m.room.encryption", "state_key": "",
                    "content": ["algorithm": "m.megolm.v1.aes-sha2"],
                ]
            ]
        }
        return MatrixRequest(.look, .post, Self.client + ["createRoom"], body: .object(body), timeout: 30_000)
    }
}
