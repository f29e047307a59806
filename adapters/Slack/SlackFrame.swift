internal import JSON

/// One frame of a Socket Mode connection.
enum SlackFrame: Sendable, Equatable {
    /// Connected; how many connections the app has now, this one among them.
    case hello(connections: Int)
    /// The connection will go, or has to.
    case disconnect(reason: String)
    case envelope(SlackEnvelope)
    /// Nothing that this adapter knows, or no JSON.
    case unknown(String)

    init(_ text: String) {
        guard let json = try? JSON.parse(text), let type = json["type"]?.stringValue else {
            self = .unknown("a frame that is not JSON, or has no type")
            return
        }
        switch type {
        case "hello": self = .hello(connections: json["num_connections"]?.intValue ?? 1)
        case "disconnect": self = .disconnect(reason: json["reason"]?.stringValue ?? "")
        default:
            guard let id = json["envelope_id"]?.stringValue, let payload = json["payload"] else {
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

/// What Slack delivers and wants acknowledged.
struct SlackEnvelope: Sendable, Equatable {
    enum Kind: String, Sendable {
        case events = "events_api"
        case slash = "slash_commands"
        case interactive
    }

    /// By which it is acknowledged; a repeat has another one.
    var id: String
    /// Nil for a kind of later invention, which is acknowledged and left.
    var kind: Kind?
    var payload: JSON
    /// 0, or the number of the repeat.
    var attempt: Int
    /// The acknowledgement may hold an answer.
    var takesPayload: Bool
}
