package import JSON

/// One event of a room, as the server sends it.
package struct MatrixEvent: Sendable, Equatable {
    /// Begins with `$`; empty for the stripped state of an invitation.
    package let id: String
    package let type: MatrixEventType
    /// A full user id.
    package let sender: String
    /// Set for state events.
    package let stateKey: String?
    /// Milliseconds since 1970 by the sender's server; not trustworthy.
    package let timestamp: Int64
    package let content: JSON
    /// The event that a redaction removes.
    package let redacts: String?
    /// The transaction id; only on events that this device sent.
    package let transaction: String?
    /// It was encrypted and has been read.
    package let wasEncrypted: Bool

    /// Nil when the JSON is not a valid event.
    package init?(_ json: JSON) {
        guard let type = json["type"]?.stringValue, let sender = json["sender"]?.shortString, sender.hasPrefix("@")
        else { return nil }
        let (id, stateKey) = (json["event_id"]?.stringValue ?? "", json["state_key"]?.stringValue)
        guard id.isEmpty || id.hasPrefix("$"), JSON.isID(id), stateKey?.utf8.count ?? 0 <= JSON.shortStringLimit
        else { return nil }
        self.id = id
        self.type = MatrixEventType(rawValue: type)
        self.sender = sender
        self.stateKey = stateKey
        self.timestamp = json["origin_server_ts"]?.intValue.map(Int64.init) ?? 0
        self.content = json["content"] ?? [:]
        // Room version 11 moved it into the content.
        self.redacts = json["redacts"]?.shortID ?? self.content["redacts"]?.shortID
        self.transaction = json["unsigned"]?["transaction_id"]?.stringValue
        self.wasEncrypted = false
    }

    private init(_ event: MatrixEvent, type: String, content: JSON) {
        self.id = event.id
        self.type = MatrixEventType(rawValue: type)
        self.sender = event.sender
        self.stateKey = nil
        self.timestamp = event.timestamp
        self.content = content
        self.redacts = nil
        self.transaction = event.transaction
        self.wasEncrypted = true
    }

    /// The event that this encrypted one contains. Its relation stands outside, where the server reads it.
    func opened(type: String, content: JSON) -> MatrixEvent {
        var object = content.objectValue ?? [:]
        if let relation = self.relation { object["m.relates_to"] = relation }
        return MatrixEvent(self, type: type, content: .object(object))
    }

    /// As the server sends it, without what ``init(_:)`` ignores.
    var json: JSON {
        [
            "event_id": .string(self.id), "type": .string(self.type.rawValue), "sender": .string(self.sender),
            "origin_server_ts": .integer(self.timestamp), "content": self.content,
        ]
    }

    /// An encrypted event with something to read; a deleted one has no content.
    var isSealed: Bool {
        self.type == .encrypted && !self.id.isEmpty && self.stateKey == nil && self.content["algorithm"] != nil
    }

    /// The last edit of an event, which servers send along with it.
    static func bundledEdit(of json: JSON) -> MatrixEvent? {
        guard let edit = json["unsigned"]?["m.relations"]?["m.replace"].flatMap({ MatrixEvent($0) }),
            edit.replaced == json["event_id"]?.stringValue, edit.sender == json["sender"]?.stringValue
        else { return nil }
        return edit
    }

    /// The session of an encrypted event.
    var sessionID: String { self.content["session_id"]?.stringValue ?? "" }

    /// Reads a list and skips invalid events.
    package static func list(_ json: JSON?) -> [MatrixEvent] {
        (json?.arrayValue ?? []).compactMap { MatrixEvent($0) }
    }

    var relation: JSON? { self.content["m.relates_to"] }

    private func relation(_ type: String) -> String? {
        guard self.relation?["rel_type"]?.stringValue == type else { return nil }
        return self.relation?["event_id"]?.shortID.flatMap { $0.hasPrefix("$") ? $0 : nil }
    }

    /// The root of its thread.
    package var threadRoot: String? { self.relation("m.thread") }
    /// The message that it edits.
    package var replaced: String? { self.relation("m.replace") }

    /// The message that a person replied to; nil for a reply that is only a fallback for clients without threads.
    package var repliedTo: String? {
        guard let relation = self.relation, let id = relation["m.in_reply_to"]?["event_id"]?.shortID,
            id.hasPrefix("$")
        else { return nil }
        return self.threadRoot != nil && relation["is_falling_back"]?.boolValue == true ? nil : id
    }

    /// The target and key of a reaction.
    package var annotation: (target: String, key: String)? {
        guard let target = self.relation("m.annotation"), let key = self.relation?["key"]?.stringValue else {
            return nil
        }
        return (target, key)
    }
}

extension JSON {
    /// In bytes, as the specification limits ids. Servers do not check those in contents, which anybody writes.
    static let shortStringLimit = 255

    /// A string that is short enough to be kept, without control characters; nil for others.
    var shortString: String? {
        self.stringValue.flatMap { text in
            let isPlain = !text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
            return isPlain && text.utf8.count <= Self.shortStringLimit ? text : nil
        }
    }

    /// Whether requests may name an event or a room by this id. Synapse answers 500 to an id with a NUL, each time.
    static func isID(_ text: String) -> Bool {
        text.utf8.count <= Self.shortStringLimit && text.utf8.allSatisfy { 0x21...0x7E ~= $0 }
    }

    /// The id of an event or a room; nil for others.
    var shortID: String? { self.stringValue.flatMap { Self.isID($0) ? $0 : nil } }
}

/// An event type, by its name in the protocol.
package struct MatrixEventType: RawRepresentable, Sendable, Hashable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let message = Self(rawValue: "m.room.message")
    /// A message that only the members' devices can read.
    package static let encrypted = Self(rawValue: "m.room.encrypted")
    package static let reaction = Self(rawValue: "m.reaction")
    static let sticker = Self(rawValue: "m.sticker")
    static let poll = Self(rawValue: "m.poll.start")
    /// What most clients still send.
    static let earlyPoll = Self(rawValue: "org.matrix.msc3381.poll.start")
    package static let redaction = Self(rawValue: "m.room.redaction")
    package static let member = Self(rawValue: "m.room.member")
    package static let name = Self(rawValue: "m.room.name")
    package static let canonicalAlias = Self(rawValue: "m.room.canonical_alias")
    /// Turns on encryption, which cannot be turned off again.
    package static let encryption = Self(rawValue: "m.room.encryption")
    /// Who may read what was written before they came.
    package static let historyVisibility = Self(rawValue: "m.room.history_visibility")
    /// The room was replaced by another.
    package static let tombstone = Self(rawValue: "m.room.tombstone")

    /// The types that `/sync` returns in timelines, and those that it returns as state.
    package static let timeline: [Self] = [
        .message, .sticker, .poll, .earlyPoll, .encrypted, .reaction, .redaction, .member, .name, .canonicalAlias,
        .encryption, .historyVisibility, .tombstone,
    ]
    /// What people say.
    static let said: [Self] = [.message, .sticker, .poll, .earlyPoll, .encrypted]
    package static let state: [Self] = [
        .member, .name, .canonicalAlias, .encryption, .historyVisibility, .tombstone,
    ]
}
