internal import EventLoop
internal import HTTP
package import JSON

extension MatrixPerson {
    // MARK: Rooms

    /// Creates a room; private, as chat clients do.
    package func createRoom(
        inviting people: [MatrixAccount] = [], isDirect: Bool = false, name: String? = nil
    ) async throws -> String {
        var body: JSONObject = [
            "preset": "private_chat", "is_direct": .bool(isDirect),
            "invite": .array(people.map { .string($0.userID) }),
        ]
        if let name { body["name"] = .string(name) }
        let answer = try await self.api.post("_matrix", "client", "v3", "createRoom", body: .object(body))
        return answer["room_id"]?.stringValue ?? ""
    }

    package func invite(_ account: MatrixAccount, to room: String) async throws {
        _ = try await self.room(room, "invite", ["user_id": .string(account.userID)])
    }

    package func join(_ room: String) async throws {
        _ = try await self.api.post("_matrix", "client", "v3", "join", room)
    }

    package func leave(_ room: String) async throws { _ = try await self.room(room, "leave", [:]) }

    package func remove(_ account: MatrixAccount, from room: String) async throws {
        _ = try await self.room(room, "kick", ["user_id": .string(account.userID)])
    }

    /// Waits until a user has joined a room.
    package func waitForJoin(of userID: String, in room: String, within limit: Duration = .seconds(20)) async throws {
        try await self.wait(for: "\(userID) to join", within: limit) { person in
            person.events(in: room).contains { event in
                event["type"] == "m.room.member" && event["state_key"]?.stringValue == userID
                    && event["content"]?["membership"] == "join"
            } ? true : nil
        }
    }

    package func enableEncryption(of room: String) async throws {
        try await self.setState(
            "m.room.encryption", of: room, to: ["algorithm": "m.megolm.v1.aes-sha2"])
    }

    package func setState(_ type: String, of room: String, key: String = "", to content: JSON) async throws {
        _ = try await self.api.call(
            .put, ["_matrix", "client", "v3", "rooms", room, "state", type] + (key.isEmpty ? [] : [key]),
            body: content)
    }

    /// Upgrades a room; returns the new room's id.
    package func upgrade(_ room: String, to version: String = "11") async throws -> String {
        try await self.room(room, "upgrade", ["new_version": .string(version)])["replacement_room"]?.stringValue ?? ""
    }

    // MARK: Messages

    /// How a message is sent.
    package struct Manner: Sendable {
        /// The first event of its thread.
        package var thread: String?
        /// The message it replies to.
        package var replyTo: String?
        /// Whom it mentions at its beginning, in the form that a chat client writes.
        package var mention: MatrixAccount?
        package var html: String?
        /// `m.text`, `m.notice`, `m.emote`
        package var kind = "m.text"
        /// Sending the same id again repeats the same message.
        package var transaction: String?

        package init(
            thread: String? = nil, replyTo: String? = nil, mention: MatrixAccount? = nil, html: String? = nil,
            kind: String = "m.text", transaction: String? = nil
        ) {
            self.thread = thread
            self.replyTo = replyTo
            self.mention = mention
            self.html = html
            self.kind = kind
            self.transaction = transaction
        }
    }

    /// Sends a message; returns the event's id.
    @discardableResult
    package func say(_ text: String, in room: String, _ manner: Manner = Manner()) async throws -> String {
        let content = self.content(text, in: room, manner)
        return try await self.send("m.room.message", content, in: room, transaction: manner.transaction)
    }

    /// Edits a message; returns the edit's id.
    @discardableResult
    package func edit(
        _ event: String, in room: String, to text: String, _ manner: Manner = Manner()
    ) async throws -> String {
        let new = self.content(text, in: room, manner)
        return try await self.send(
            "m.room.message",
            [
                "msgtype": .string(manner.kind), "body": .string("* \(text)"), "m.new_content": new,
                "m.mentions": [:], "m.relates_to": ["rel_type": "m.replace", "event_id": .string(event)],
            ], in: room)
    }

    /// Redacts a message or a reaction; returns the redaction's id.
    @discardableResult
    package func redact(_ event: String, in room: String) async throws -> String {
        let answer = try await self.api.put(
            "_matrix", "client", "v3", "rooms", room, "redact", event, self.newTransaction())
        return answer["event_id"]?.stringValue ?? ""
    }

    /// Reacts; returns the reaction's id.
    @discardableResult
    package func react(_ key: String, to event: String, in room: String) async throws -> String {
        try await self.send(
            "m.reaction",
            ["m.relates_to": ["rel_type": "m.annotation", "event_id": .string(event), "key": .string(key)]], in: room)
    }

    /// Sends any event; returns its id.
    @discardableResult
    package func send(
        _ type: String, _ content: JSON, in room: String, transaction: String? = nil
    ) async throws -> String {
        let answer = try await self.api.put(
            "_matrix", "client", "v3", "rooms", room, "send", type, transaction ?? self.newTransaction(),
            body: content)
        return answer["event_id"]?.stringValue ?? ""
    }

    private func content(_ text: String, in room: String, _ manner: Manner) -> JSON {
        var content: JSONObject = [
            "msgtype": .string(manner.kind), "body": .string(text), "m.mentions": [:],
        ]
        if let html = manner.html { content["formatted_body"] = .string(html) }
        if let mention = manner.mention {
            let link = "https://matrix.to/#/\(PercentEncoding.encode(mention.userID, keeping: .pathSegment))"
            let html = manner.html ?? Self.escaped(text)
            content["body"] = .string("\(mention.name): \(text)")
            content["formatted_body"] = .string("<a href=\"\(link)\">\(mention.name)</a>: \(html)")
            content["m.mentions"] = ["user_ids": [.string(mention.userID)]]
        }
        if content["formatted_body"] != nil { content["format"] = "org.matrix.custom.html" }
        if let relation = self.relation(in: room, manner) { content["m.relates_to"] = relation }
        return .object(content)
    }

    private func relation(in room: String, _ manner: Manner) -> JSON? {
        guard let thread = manner.thread else {
            return manner.replyTo.map { ["m.in_reply_to": ["event_id": .string($0)]] }
        }
        let last = self.messages(in: room).last { $0.thread == thread }?.id ?? thread
        return [
            "rel_type": "m.thread", "event_id": .string(thread), "is_falling_back": .bool(manner.replyTo == nil),
            "m.in_reply_to": ["event_id": .string(manner.replyTo ?? last)],
        ]
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\n": result += "<br>"
            default: result.append(character)
            }
        }
    }

    /// What of a room the server counts as new for the person, threads included, and how much of it mentions them.
    package func unread(in room: String) async throws -> (all: Int, highlights: Int) {
        // Synapse keeps the answer to a first sync for two minutes, by its filter.
        self.lastCount += 1
        let filter: JSON = ["room": ["rooms": [.string(room)], "timeline": ["limit": JSON(self.lastCount)]]]
        let answer = try await self.api.get(
            "_matrix", "client", "v3", "sync", query: ["timeout": "0", "filter": filter.text])
        let counts = answer["rooms"]?["join"]?[room]?["unread_notifications"]
        return (
            counts?["notification_count"]?.intValue.map { Int($0) } ?? 0,
            counts?["highlight_count"]?.intValue.map { Int($0) } ?? 0
        )
    }

    // MARK: Files

    /// Uploads a file; returns its `mxc://` address.
    package func upload(_ bytes: [UInt8], name: String, type: String) async throws -> String {
        let answer = try await self.api.bytes(
            .post, ["_matrix", "media", "v3", "upload"], query: ["filename": name], type: type, body: bytes)
        return try JSON.parse(answer)["content_uri"]?.stringValue ?? ""
    }

    /// Uploads a file and sends it; returns the event's id.
    @discardableResult
    package func sendFile(
        _ bytes: [UInt8], name: String, type: String, caption: String? = nil, in room: String,
        _ manner: Manner = Manner(kind: "m.file")
    ) async throws -> String {
        let address = try await self.upload(bytes, name: name, type: type)
        guard case .object(var content) = self.content(caption ?? name, in: room, manner) else { return "" }
        content["filename"] = .string(name)
        content["url"] = .string(address)
        content["info"] = ["mimetype": .string(type), "size": JSON(bytes.count)]
        return try await self.send("m.room.message", .object(content), in: room)
    }

    /// Downloads a file by its `mxc://` address.
    package func download(_ address: String) async throws -> [UInt8] {
        let parts = address.split(separator: "/").map(String.init)
        guard parts.count == 3, parts[0] == "mxc:" else { throw MatrixTestFailure("not an mxc:// address: \(address)") }
        return try await self.api.bytes(
            .get, ["_matrix", "client", "v1", "media", "download", parts[1], parts[2]])
    }

    private func room(_ room: String, _ action: String, _ body: JSON) async throws -> JSON {
        try await self.api.post("_matrix", "client", "v3", "rooms", room, action, body: body)
    }
}
