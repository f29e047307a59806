package import Chat
internal import JSON
internal import Store

/// An edit or deletion of a waiting message.
package enum MessageChange: Sendable, Equatable {
    case edit(MessageEdit)
    case deletion(MessageReference)

    package var reference: MessageReference {
        switch self {
        case .edit(let edit): edit.reference
        case .deletion(let reference): reference
        }
    }

    package var isDeletion: Bool { if case .deletion = self { true } else { false } }

    /// Who changed it; unknown for a deletion.
    package var sender: Sender? {
        if case .edit(let edit) = self { edit.sender } else { nil }
    }

    /// Whether it applies to a message of `sender`: people edit only their own messages, and a deletion always counts.
    package func counts(for sender: Sender) -> Bool { self.sender.map { $0.id == sender.id } ?? true }
}

/// An unhandled change in the inbox.
package struct StoredChange: Sendable {
    package let number: Int64
    package let event: String
    package let change: MessageChange
    /// The sender's role when the change arrived.
    package let role: Role?

    package init(number: Int64, event: String, change: MessageChange, role: Role?) {
        self.number = number
        self.event = event
        self.change = change
        self.role = role
    }
}

extension StoredForm {
    static func text(of change: MessageChange) -> String {
        let reference = change.reference
        var json: JSONObject = [
            "adapter": .string(reference.room.adapter.rawValue), "room": .string(reference.room.name),
            "id": .string(reference.id),
        ]
        if case .edit(let edit) = change {
            json["sender"] = Self.json(edit.sender)
            json["text"] = .string(edit.text)
        }
        return JSON.object(json).text
    }

    package static func change(from text: String) throws -> MessageChange {
        let json = try Self.parse(text)
        guard let adapter = json["adapter"]?.stringValue, let room = json["room"]?.stringValue,
            let id = json["id"]?.stringValue
        else { throw Malformed(what: "change") }
        let reference = MessageReference(room: RoomID(adapter: AdapterID(adapter), name: room), id: id)
        guard let sender = json["sender"], let text = json["text"]?.stringValue else { return .deletion(reference) }
        return .edit(MessageEdit(reference: reference, sender: try Self.sender(sender), text: text))
    }
}
