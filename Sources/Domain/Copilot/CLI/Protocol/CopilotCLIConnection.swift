package import JSON
package import Models

/// The protocol of one Copilot CLI process (`--headless --stdio`): the handshake, matching answers with requests, and
/// the CLI's requests to us. Pure: messages in, actions out.
package struct CopilotCLIConnection: Sendable {
    package enum Action: Sendable, Equatable {
        case send(JSON)
        /// The handshake is complete.
        case ready(version: String)
        /// The program can't be used.
        case refused(ModelError)
        /// Our request with this number is answered.
        case answered(Int, Result<JSON, JSONRPCError>)
        case event(session: String, JSON)
        /// The peer violated the protocol; for the log.
        case violation(String)
    }

    private enum State: Sendable {
        case new
        case connecting(id: Int)
        /// An old version without `connect`, which `ping` identifies.
        case pinging(id: Int)
        case ready
        case refused
    }

    /// The only supported version, that of the official SDK 1.0.
    package static let protocolVersion = 3

    private var state = State.new
    private var lastID = 0
    private var waiting: Set<Int> = []

    package init() {}

    package mutating func start() -> [Action] {
        guard case .new = self.state else { return [] }
        let (id, message) = self.call("connect", [:])
        self.state = .connecting(id: id)
        return [.send(message)]
    }

    /// Makes a request; its answer comes as ``Action/answered(_:_:)`` with the same number.
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
                return [.violation("a session.event without session or event")]
            }
            return [.event(session: session, event)]
        case .notification: return []
        case .result(let id, let result): return self.settle(id, .success(result))
        case .failure(let id, let error):
            guard let id else { return [.violation("an error that answers no request: \(error.message)")] }
            return self.settle(id, .failure(error))
        }
    }

    private mutating func settle(_ id: Int, _ result: Result<JSON, JSONRPCError>) -> [Action] {
        guard self.waiting.remove(id) != nil else {
            return [.violation("an answer to the unknown request \(id)")]
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

    /// Answers the CLI's requests to its host. Nobody can be asked here, so all are declined.
    private static func reply(to id: JSON, _ method: String, _ params: JSON) -> JSON {
        switch method {
        case "userInput.request":
            JSONRPCMessage.answer(
                to: id, ["answer": .string(CopilotCLITurn.nobodyThere), "wasFreeform": true])
        case "elicitation.request":
            JSONRPCMessage.answer(to: id, ["action": "decline"])
        case "permission.request":
            // Protocol 3 sends permissions as events; requests in the old form are denied.
            JSONRPCMessage.answer(to: id, ["result": ["kind": "reject", "feedback": "Jetbridge allows no tools."]])
        default:
            JSONRPCMessage.refusal(
                of: id, JSONRPCError(code: JSONRPCError.methodNotFound, message: "Jetbridge has no method \(method)"))
        }
    }
}
