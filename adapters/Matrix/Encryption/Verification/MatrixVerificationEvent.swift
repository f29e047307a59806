package import JSON

/// A message of a verification that arrived.
package struct MatrixVerificationEvent: Sendable {
    package static let prefix = "m.key.verification."

    package var place: MatrixVerificationFlow.Place
    /// With the prefix; a request in a room has the type ``MatrixVerificationEvent/requestType`` here too.
    package var type: String
    package var sender: String
    /// The id of an event in a room.
    package var id: String?
    /// As it was sent: in an encrypted room with the `m.relates_to` of the outer content.
    package var content: JSON
    /// The server's time of an event in a room, in milliseconds since 1970.
    package var time: Int64?

    package static let requestType = MatrixVerificationEvent.prefix + "request"

    package init(
        place: MatrixVerificationFlow.Place, type: String, sender: String, id: String? = nil, content: JSON,
        time: Int64? = nil
    ) {
        self.place = place
        self.type = type
        self.sender = sender
        self.id = id
        self.content = content
        self.time = time
    }

    /// A message to this device; nil if it belongs to no verification.
    package init?(toDevice event: JSON) {
        guard let type = event["type"]?.stringValue, type.hasPrefix(Self.prefix),
            let sender = event["sender"]?.stringValue, let content = event["content"]
        else { return nil }
        self.init(place: .toDevice, type: type, sender: sender, content: content)
    }

    /// An event of a room, decrypted; nil if it belongs to no verification.
    package init?(room: String, event: JSON) {
        guard let type = event["type"]?.stringValue, let sender = event["sender"]?.stringValue,
            let id = event["event_id"]?.stringValue, let content = event["content"]
        else { return nil }
        let isRequest = type == "m.room.message" && content["msgtype"]?.stringValue == Self.requestType
        guard isRequest || (type.hasPrefix(Self.prefix) && type != Self.requestType) else { return nil }
        self.init(
            place: .room(room), type: isRequest ? Self.requestType : type, sender: sender, id: id, content: content,
            time: event["origin_server_ts"]?.intValue.map { Int64($0) })
    }

    /// What binds messages of one verification.
    var transaction: String? {
        switch self.place {
        case .toDevice: self.content["transaction_id"]?.stringValue
        case .room where self.type == Self.requestType: self.id
        case .room:
            self.content["m.relates_to"]?["rel_type"]?.stringValue == "m.reference"
                ? self.content["m.relates_to"]?["event_id"]?.stringValue : nil
        }
    }
}
