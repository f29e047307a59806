package import JSON

/// One event of a room, as the server tells it.
package struct MatrixEvent: Sendable, Equatable {
    /// Begins with `$`; empty for the stripped state of an invitation.
    package let id: String
    package let type: MatrixEventType
    /// A whole user id.
    package let sender: String
    /// Set for state events.
    package let stateKey: String?
    /// Milliseconds since 1970 by the sender's server, which may lie.
    package let timestamp: Int64
    package let content: JSON
    /// The event that a redaction takes back.
    package let redacts: String?
    /// The transaction id, on events that this device sent.
    package let transaction: String?

    /// Reads one; nil for what is no event, whatever else it may be.
    package init?(_ json: JSON) {
        guard let type = json["type"]?.stringValue, let sender = json["sender"]?.stringValue, sender.hasPrefix("@")
        else { return nil }
        let id = json["event_id"]?.stringValue ?? ""
        guard id.isEmpty || id.hasPrefix("$") else { return nil }
        self.id = id
        self.type = MatrixEventType(rawValue: type)
        self.sender = sender
        self.stateKey = json["state_key"]?.stringValue
        self.timestamp = json["origin_server_ts"]?.intValue.map(Int64.init) ?? 0
        self.content = json["content"] ?? [:]
        // Room version 11 moved it into the content.
        self.redacts = json["redacts"]?.stringValue ?? self.content["redacts"]?.stringValue
        self.transaction = json["unsigned"]?["transaction_id"]?.stringValue
    }

    /// Reads a list, skipping what is no event.
    package static func list(_ json: JSON?) -> [MatrixEvent] {
        (json?.arrayValue ?? []).compactMap { MatrixEvent($0) }
    }

    /// How it relates to another event.
    var relation: JSON? { self.content["m.relates_to"] }

    private func relation(_ type: String) -> String? {
        guard self.relation?["rel_type"]?.stringValue == type else { return nil }
        return self.relation?["event_id"]?.stringValue.flatMap { $0.hasPrefix("$") ? $0 : nil }
    }

    /// The root of the thread that it stands in.
    package var threadRoot: String? { self.relation("m.thread") }
    /// The message that it is a new text of.
    package var replaced: String? { self.relation("m.replace") }

    /// The message that a person answered, not one that is only named for clients without threads.
    package var repliedTo: String? {
        guard let relation = self.relation, let id = relation["m.in_reply_to"]?["event_id"]?.stringValue,
            id.hasPrefix("$")
        else { return nil }
        return self.threadRoot != nil && relation["is_falling_back"]?.boolValue == true ? nil : id
    }

    /// What was reacted to, and how.
    package var annotation: (target: String, key: String)? {
        guard let target = self.relation("m.annotation"), let key = self.relation?["key"]?.stringValue else {
            return nil
        }
        return (target, key)
    }
}
