internal import HTTP
internal import HTTPServer
internal import JSON

/// What a program beside it can do with it over HTTP, when its settings say so:
///
/// - `POST /control/person {"id","name","username"?}`
/// - `POST /control/room {"id","title","members":[…],"kind"?,"forum"?,"bot"?}`
/// - `POST /control/say {"user","room","text","thread"?,"reply_to"?}` → `{"id"}`
/// - `POST /control/edit {"room","id","text"}`, `POST /control/delete {"room","id"}`
/// - `POST /control/forget {"room"?}`: what stands there, so that memory stays as it is
/// - `GET /control/shown?room=…&after=…` → `{"messages":[{"id","sender","bot","text","thread","edits"}]}`
/// - `GET /control/stats` → `{"calls":{…},"statuses":{…},"waiting","messages"}`
extension LoopbackTelegram {
    func control(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let bytes = try await request.body.collect()
        let body = (bytes.isEmpty ? [:] : try? JSON.parse(bytes)) ?? .null
        let query = request.query
        switch request.path.dropFirst("/control/".count) {
        case "person":
            guard let id = body["id"]?.intValue else { return Self.incomplete("id") }
            self.addPerson(
                TelegramPerson(
                    Int64(id), body["name"]?.stringValue ?? "Person \(id)", username: body["username"]?.stringValue))
            return .json([:])
        case "room": return self.controlRoom(body)
        case "say":
            guard let user = body["user"]?.intValue, let room = body["room"]?.intValue,
                let text = body["text"]?.stringValue
            else { return Self.incomplete("user, room and text") }
            let id = self.say(
                text, as: Int64(user), in: Int64(room), topic: body["thread"]?.intValue,
                replyTo: body["reply_to"]?.intValue)
            return .json(["id": JSON(id)])
        case "edit", "delete": return self.controlChange(body)
        case "forget":
            self.forget(body["room"]?.intValue.map { Int64($0) })
            return .json([:])
        case "shown":
            guard let room = query["room"].flatMap({ Int64($0) }) else { return Self.incomplete("room") }
            return self.controlShown(room, after: query["after"].flatMap { Int($0) } ?? 0)
        case "stats": return self.controlStats
        default: return HTTPServerResponse(.notFound)
        }
    }

    private static func incomplete(_ what: String) -> HTTPServerResponse {
        .json(["error": .string("\(what) must be given")], .badRequest)
    }

    private func controlRoom(_ body: JSON) -> HTTPServerResponse {
        guard let id = body["id"]?.intValue else { return Self.incomplete("id") }
        let kind = body["kind"]?.stringValue.flatMap { TelegramRoomKind(rawValue: $0) } ?? .supergroup
        self.addGroup(
            Int64(id), body["title"]?.stringValue ?? "Room \(id)",
            members: (body["members"]?.arrayValue ?? []).compactMap { $0.intValue.map { Int64($0) } }, kind: kind,
            isForum: body["forum"]?.boolValue ?? false, bot: body["bot"]?.stringValue ?? "member")
        return .json([:])
    }

    private func controlChange(_ body: JSON) -> HTTPServerResponse {
        guard let room = body["room"]?.intValue, let id = body["id"]?.intValue else {
            return Self.incomplete("room and id")
        }
        if let text = body["text"]?.stringValue {
            self.edit(id, in: Int64(room), to: text)
        } else {
            self.delete(id, in: Int64(room))
        }
        return .json([:])
    }

    private func controlShown(_ room: Int64, after: Int) -> HTTPServerResponse {
        let messages = self.shown(in: room).filter { $0.id > after }.map { message -> JSON in
            [
                "id": JSON(message.id), "sender": JSON(message.sender ?? 0), "bot": .bool(message.isBot),
                "text": .string(message.text), "thread": message.thread.map { JSON($0) } ?? .null,
                "edits": JSON(message.edits),
            ]
        }
        return .json(["messages": .array(messages)])
    }

    private var controlStats: HTTPServerResponse {
        let (counts, statuses) = (self.counts, self.statuses)
        return .json([
            "calls": .object(JSONObject(dictionary: counts.mapValues { JSON($0) })),
            "statuses": .object(
                JSONObject(members: statuses.sorted { $0.key < $1.key }.map { (String($0.key), JSON($0.value)) })),
            "waiting": JSON(self.waitingUpdates),
            "messages": JSON(self.look { $0.rooms.values.reduce(0) { $0 + $1.messages.count } }),
        ])
    }
}
