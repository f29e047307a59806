internal import JSON
internal import Primitives

/// A server's question to the person (`elicitation/create`), and the answer to it.
enum Elicitation {
    static let method = "elicitation/create"
    private static let messageLimit = 16 << 10
    private static let schemaLimit = 64 << 10
    private static let addressLimit = 4 << 10

    /// The question in these parameters; nil if they are not one, or too much for a person.
    static func question(_ params: JSON, from server: String) -> ExtensionQuestion? {
        guard let message = params["message"]?.stringValue, message.utf8.count <= Self.messageLimit else { return nil }
        switch params["mode"]?.stringValue ?? "form" {
        case "form":
            guard let schema = params["requestedSchema"], schema["properties"]?.objectValue != nil,
                schema.bytes.count <= Self.schemaLimit
            else { return nil }
            return ExtensionQuestion(server: server, message: message, form: .fields(schema))
        case "url":
            guard let address = params["url"]?.stringValue, address.utf8.count <= Self.addressLimit,
                ["https://", "http://"].contains(where: { address.lowercased().hasPrefix($0) })
            else { return nil }
            return ExtensionQuestion(server: server, message: message, form: .address(address))
        default: return nil
        }
    }

    static func json(_ answer: ExtensionAnswer) -> JSON {
        switch answer {
        case .accept(.null): ["action": "accept"]
        case .accept(let content): ["action": "accept", "content": content]
        case .decline: ["action": "decline"]
        case .cancel: ["action": "cancel"]
        }
    }
}

/// A modern answer that asks for something before the call can end (`resultType: input_required`).
struct InputRequired: Equatable {
    /// By their keys, in the server's order.
    let requests: [(key: String, params: JSON)]
    /// Goes back as it came; nil if the server sent none.
    let state: JSON?

    private static let requestLimit = 8

    static func == (left: InputRequired, right: InputRequired) -> Bool {
        left.state == right.state && left.requests.elementsEqual(right.requests) { $0 == $1 }
    }

    enum Reading: Equatable {
        /// An ordinary result.
        case complete
        case required(InputRequired)
        /// It asks for something that this client does not give: what is wrong, a clause.
        case refused(String)
    }

    static func read(_ answer: JSON) -> Reading {
        switch answer["resultType"] {
        case nil, .null?, "complete"?: return .complete
        case "input_required"?: break
        default: return .refused("it answered with an unknown kind of result")
        }
        let members = answer["inputRequests"]?.objectValue ?? [:]
        let state = answer["requestState"].flatMap { $0.isNull ? nil : $0 }
        guard members.count <= Self.requestLimit else { return .refused("it asked more than a person can answer") }
        guard !members.isEmpty || state != nil else { return .refused("it asked for nothing, and gave no result") }
        var requests: [(key: String, params: JSON)] = []
        for (key, request) in members {
            guard request["method"] == .string(Elicitation.method) else {
                let method = VisibleText.line((request["method"]?.stringValue ?? "").beginning(bytes: 60))
                return .refused("it asked for '\(method)', which Jetbridge does not offer to servers")
            }
            requests.append((key, request["params"] ?? .null))
        }
        return .required(InputRequired(requests: requests, state: state))
    }
}
