internal import JSON

/// One frame of a Socket Mode connection.
enum SlackFrame: Sendable, Equatable {
    /// Connected; `connections` counts all of the app's, including this one.
    case hello(connections: Int)
    /// Slack will close the connection, or wants it closed.
    case disconnect(reason: String)
    case envelope(SlackEnvelope)
    /// Described for the log.
    case unknown(String)

    /// Of an envelope's id, in bytes; Slack's have 36.
    private static let idLimit = 255

    init(_ text: String) {
        guard let json = try? JSON.parse(text), let type = json["type"]?.stringValue else {
            self = .unknown("a frame that is not JSON or has no type")
            return
        }
        switch type {
        case "hello": self = .hello(connections: json["num_connections"]?.intValue ?? 1)
        case "disconnect": self = .disconnect(reason: json["reason"]?.stringValue ?? "")
        default:
            guard let id = json["envelope_id"]?.stringValue, id.utf8.count <= Self.idLimit,
                let payload = json["payload"]
            else {
                self = .unknown("a frame of the type \(type.prefix(40))")
                return
            }
            self = .envelope(
                SlackEnvelope(
                    id: id, kind: SlackEnvelope.Kind(rawValue: type), payload: payload,
                    attempt: json["retry_attempt"]?.intValue ?? 0,
                    takesPayload: json["accepts_response_payload"]?.boolValue ?? false))
        }
    }
}

/// A delivery that Slack wants acknowledged.
struct SlackEnvelope: Sendable, Equatable {
    enum Kind: String, Sendable {
        case events = "events_api"
        case slash = "slash_commands"
        case interactive
    }

    /// Used to acknowledge it; a redelivery has another one.
    var id: String
    /// Nil for an unknown kind, which is acknowledged and skipped.
    var kind: Kind?
    var payload: JSON
    /// 0, or the number of the redelivery.
    var attempt: Int
    /// The acknowledgement may contain an answer.
    var takesPayload: Bool
}
