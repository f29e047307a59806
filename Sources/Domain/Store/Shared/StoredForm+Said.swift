package import Chat
package import JSON

/// What was said beside a question, as JSON text in the tables.
extension StoredForm {
    package static func json(_ messages: [SaidMessage]) -> JSON { .array(messages.map(Self.json)) }

    package static func said(_ json: JSON?) throws -> [SaidMessage] { try (json?.arrayValue ?? []).map(Self.said) }

    private static func json(_ message: SaidMessage) -> JSON {
        var json: JSONObject = [
            "relation": .string(message.relation.rawValue), "name": .string(message.name),
            "text": .string(message.text),
        ]
        if let reference = message.reference {
            json["adapter"] = .string(reference.room.adapter.rawValue)
            json["room"] = .string(reference.room.name)
            json["id"] = .string(reference.id)
        }
        if let author = message.author { json["author"] = Self.json(author) }
        if let sentAt = message.sentAt { json["sentAt"] = .integer(sentAt) }
        if !message.attachments.isEmpty { json["attachments"] = Self.json(message.attachments) }
        return .object(json)
    }

    private static func said(_ json: JSON) throws -> SaidMessage {
        guard let relation = json["relation"]?.stringValue.flatMap({ SaidMessage.Relation(rawValue: $0) }),
            let name = json["name"]?.stringValue, let text = json["text"]?.stringValue
        else { throw Malformed(what: "message beside a question") }
        var reference: MessageReference?
        if let adapter = json["adapter"]?.stringValue, let room = json["room"]?.stringValue,
            let id = json["id"]?.stringValue
        {
            reference = MessageReference(room: RoomID(adapter: AdapterID(adapter), name: room), id: id)
        }
        return SaidMessage(
            relation, reference: reference, author: try json["author"].map(Self.sender), name: name,
            sentAt: json["sentAt"]?.intValue.map { Int64($0) }, text: text,
            attachments: try Self.attachments(json["attachments"]))
    }
}
