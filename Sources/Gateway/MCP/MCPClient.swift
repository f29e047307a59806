internal import Crypto
package import JSON
internal import Primitives

/// The other side of one request: who it is, and how it can be reached before the answer.
package struct MCPClient: Sendable {
    /// Names the credential without revealing it.
    let credential: String
    /// Whether a client of the legacy era declared that it shows forms to its person.
    let showsForms: Bool
    /// Sends a notification ahead of the answer.
    let notify: @Sendable (JSON) -> Void
    /// Sends a request ahead of the answer, and returns the client's result; nil where it refused or took too long.
    let ask: @Sendable (_ method: String, _ params: JSON) async -> JSON?

    package init(
        credential: String, showsForms: Bool, notify: @escaping @Sendable (JSON) -> Void,
        ask: @escaping @Sendable (_ method: String, _ params: JSON) async -> JSON?
    ) {
        self.credential = credential
        self.showsForms = showsForms
        self.notify = notify
        self.ask = ask
    }
}

/// Requests of this side that wait for a client's answer, and what clients of the legacy era have declared.
package final class MCPQuestions: Sendable {
    private final class Question: Sendable {
        let client: String
        let answered = Signal()
        let result = Protected<JSON?>(nil)

        init(client: String) { self.client = client }
    }

    private struct State {
        var open: [String: Question] = [:]
        var showsForms: [String: Bool] = [:]
    }

    private let state = Protected(State())

    /// For a person to read and decide.
    private static let patience = Duration.seconds(300)
    private static let openLimit = 1_000
    private static let clientLimit = 10_000

    package init() {}

    /// What `initialize` has declared. There are no sessions: a client is known by its credential and its program.
    package func note(_ client: String, showsForms: Bool) {
        self.state.withLock { state in
            if state.showsForms.count >= Self.clientLimit { state.showsForms = [:] }
            state.showsForms[client] = showsForms
        }
    }

    package func showsForms(_ client: String) -> Bool { self.state.withLock { $0.showsForms[client] ?? false } }

    /// Sends a request and waits for its result; nil if the client refuses, or nobody answers in time.
    package func ask(
        _ client: String, _ method: String, _ params: JSON, send: @Sendable (JSON) -> Void
    ) async -> JSON? {
        let id = "jb-" + Crypto.hex(Crypto.randomBytes(12))
        let question = Question(client: client)
        let isOpen = self.state.withLock { state in
            guard state.open.count < Self.openLimit else { return false }
            state.open[id] = question
            return true
        }
        guard isOpen else { return nil }
        defer { self.state.withLock { $0.open[id] = nil } }
        send(["jsonrpc": "2.0", "id": .string(id), "method": .string(method), "params": params])
        await question.answered.wait(upTo: Self.patience)
        return question.result.withLock { $0 }
    }

    /// The ids of the requests that wait.
    var openIDs: [String] { self.state.withLock { Array($0.open.keys) } }

    /// Takes a client's response; one to something else is dropped.
    package func take(_ message: MCPMessage, from client: String) {
        guard case .response(let id) = message.kind,
            let question = self.state.withLock({ $0.open[id] }), question.client == client
        else { return }
        question.result.withLock { $0 = message.json["result"] }
        question.answered.signal()
    }
}

/// Seals what a client of the modern era has to bring back with a person's decision, so that it counts only for this
/// credential and this ask as it was shown, and for ten minutes.
package struct MCPSeal: Sendable {
    private let key: [UInt8]

    private static let lifetime: Int64 = 600_000

    /// Seals of another process are not accepted: the client is asked once more.
    package init() { self.key = Crypto.randomBytes(32) }

    func seal(_ subject: String, for credential: String, at now: Int64) -> String {
        let text = JSON.array([.string(credential), .string(subject), .integer(now + Self.lifetime)])
        return Crypto.base64URL(Crypto.sealAES256GCM(text.bytes, key: self.key))
    }

    func isValid(_ state: String, subject: String, for credential: String, at now: Int64) -> Bool {
        guard state.utf8.count <= 4_096, let sealed = Crypto.decodeBase64URL(state),
            let bytes = Crypto.openAES256GCM(sealed, key: self.key), let content = try? JSON.parse(bytes),
            case .integer(let end)? = content[2]
        else { return false }
        return content[0]?.stringValue == credential && content[1]?.stringValue == subject && now <= end
    }
}
