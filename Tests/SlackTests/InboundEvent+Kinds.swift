import Chat

@testable import Slack

extension InboundEvent.Kind {
    var edit: MessageEdit? { if case .messageEdited(let edit) = self { edit } else { nil } }
    var deleted: MessageReference? { if case .messageDeleted(let reference) = self { reference } else { nil } }
    var choice: Choice? { if case .choice(let choice) = self { choice } else { nil } }
    var renamed: (from: RoomID, to: RoomID)? {
        if case .roomRenamed(let from, let to) = self { (from, to) } else { nil }
    }
}

extension SlackReader.Item {
    var message: (message: InboundMessage, id: String)? {
        if case .message(let message, let id) = self { (message, id) } else { nil }
    }
    var other: (kind: InboundEvent.Kind, id: String)? {
        if case .other(let kind, let id) = self { (kind, id) } else { nil }
    }
}
