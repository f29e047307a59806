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

extension MatrixVerificationEvent {
    /// A message to this device; nil if it belongs to no verification.
    package init?(toDevice event: JSON) {
        guard let type = event["type"]?.stringValue, type.hasPrefix(Self.prefix),
            let sender = event["sender"]?.stringValue, let content = event["content"]
        else { return nil }
        self.init(place: .toDevice, type: type, sender: sender, content: content)
    }

    /// An event of a room that was read; nil if it belongs to no verification.
    init?(_ event: MatrixEvent, in room: String) {
        let isRequest = event.type == .message && event.content["msgtype"] == .string(Self.requestType)
        guard isRequest || event.type.rawValue.hasPrefix(Self.prefix) else { return nil }
        self.init(
            place: .room(room), type: isRequest ? Self.requestType : event.type.rawValue, sender: event.sender,
            id: event.id, content: event.content, time: event.timestamp)
    }
}
