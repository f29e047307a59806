package import JSON

/// The protocol of one Copilot CLI process (`--headless --stdio`): the handshake, who gets which answer, and what the
/// CLI may ask of us. Pure: messages in, actions out.
package struct CopilotCLIConnection: Sendable {
    package enum Action: Sendable, Equatable {
        case send(JSON)
        /// The handshake is over.
        case ready(version: String)
        /// This program can't be used.
        case refused(ModelError)
        /// Our request with this number is answered.
        case answered(Int, Result<JSON, JSONRPCError>)
        /// Something happened in a session.
        case event(session: String, JSON)
        /// The peer broke the protocol; for the log.
        case oddity(String)
    }

    private enum State: Sendable {
        case new
        case connecting(id: Int)
        /// `connect` is unknown to it: an old one, asked by `ping`.
        case pinging(id: Int)
        case ready
        case refused
    }

    /// The one version whose messages are known here: that of the official SDK 1.0.
    package static let protocolVersion = 3

    private var state = State.new
    private var lastID = 0
    private var waiting: Set<Int> = []

    package init() {}

    /// Begins the handshake.
    package mutating func start() -> [Action] {
        guard case .new = self.state else { return [] }
        let (id, message) = self.call("connect", [:])
        self.state = .connecting(id: id)
        return [.send(message)]
    }

    /// A request of ours; its answer comes as ``Action/answered(_:_:)`` with the number.
    package mutating func call(_ method: String, _ params: JSON) -> (id: Int, message: JSON) {
        self.lastID += 1
        self.waiting.insert(self.lastID)
        return (self.lastID, JSONRPCMessage.request(self.lastID, method, params))
    }

    package mutating func receive(_ message: JSONRPCMessage) -> [Action] {
        switch message {
        case .request(let id, let method, let params): return [.send(Self.reply(to: id, method, params))]
        case .notification("session.event", let params):
            guard let session = params["sessionId"]?.stringValue, let event = params["event"] else {
                return [.oddity("a session.event without session or event")]
            }
            return [.event(session: session, event)]
        case .notification: return []
        case .result(let id, let result): return self.settle(id, .success(result))
        case .failure(let id, let error):
            guard let id else { return [.oddity("an error that answers nothing: \(error.message)")] }
            return self.settle(id, .failure(error))
        }
    }

    private mutating func settle(_ id: Int, _ result: Result<JSON, JSONRPCError>) -> [Action] {
        guard self.waiting.remove(id) != nil else {
            return [.oddity("an answer to request \(id), which nobody waits for")]
        }
        switch self.state {
        case .connecting(id):
            if case .failure(let error) = result, error.code == JSONRPCError.methodNotFound {
                let (ping, message) = self.call("ping", ["message": "jetbridge"])
                self.state = .pinging(id: ping)
                return [.send(message)]
            }
            return self.greet(result)
        case .pinging(id): return self.greet(result)
        case .new, .connecting, .pinging, .ready, .refused: return [.answered(id, result)]
        }
    }

    private mutating func greet(_ result: Result<JSON, JSONRPCError>) -> [Action] {
        switch result {
        case .failure(let error):
            self.state = .refused
            return [.refused(CopilotCLIFailure.handshake(error))]
        case .success(let answer):
            let version = answer["version"]?.stringValue ?? "unknown"
            guard let spoken = answer["protocolVersion"]?.intValue, spoken == Self.protocolVersion else {
                self.state = .refused
                return [.refused(CopilotCLIFailure.protocolVersion(answer["protocolVersion"]?.intValue, of: version))]
            }
            self.state = .ready
            return [.ready(version: version)]
        }
    }

    /// What the CLI asks of its host. There is nobody to ask here, and that is what it is told.
    private static func reply(to id: JSON, _ method: String, _ params: JSON) -> JSON {
        switch method {
        case "userInput.request":
            JSONRPCMessage.answer(
                to: id, ["answer": .string(CopilotCLITurn.nobodyThere), "wasFreeform": true])
        case "elicitation.request":
            JSONRPCMessage.answer(to: id, ["action": "decline"])
        case "permission.request":
            // Protocol 3 tells permissions as events; an answer in the old form is a no all the same.
            JSONRPCMessage.answer(to: id, ["result": ["kind": "reject", "feedback": "Jetbridge allows no tools."]])
        default:
            JSONRPCMessage.refusal(
                of: id, JSONRPCError(code: JSONRPCError.methodNotFound, message: "Jetbridge has no method \(method)"))
        }
    }
}
