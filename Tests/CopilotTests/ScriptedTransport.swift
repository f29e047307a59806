import Copilot
import HTTP
import HTTPClient
import JSON
import Primitives

/// Plays answers to a client, one a request, and remembers the requests.
final class ScriptedTransport: ModelTransport {
    enum Step: Sendable {
        case bytes(String)
        case fail(HTTPClientError)
        case hang
    }

    struct Answer: Sendable {
        var status = 200
        var headers: HTTPHeaders = ["Content-Type": "text/event-stream"]
        var steps: [Step]
        /// Instead of a head.
        var failure: HTTPClientError?
    }

    private let answers: Protected<[Answer]>
    private let sent = Protected<[TransportRequest]>([])

    init(_ answers: [Answer]) { self.answers = Protected(answers) }

    var requests: [TransportRequest] { self.sent.withLock { $0 } }
    /// The bodies of the requests.
    var bodies: [JSON] { self.requests.compactMap { try? JSON.parse($0.body ?? []) } }

    func send(_ request: TransportRequest) async throws -> TransportResponse {
        self.sent.withLock { $0.append(request) }
        let answer = self.answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        if let failure = answer.failure { throw failure }
        let steps = Protected(answer.steps)
        return TransportResponse(status: answer.status, headers: answer.headers) {
            switch steps.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            case .bytes(let text): return Array(text.utf8)
            case .fail(let error): throw error
            case .hang:
                try await Task.sleep(for: .seconds(3600))
                return nil
            case nil: return nil
            }
        }
    }
}

extension ScriptedTransport.Answer {
    /// An event stream of these data lines.
    static func events(_ lines: String...) -> Self {
        Self(steps: lines.map { .bytes("data: \($0)\n\n") })
    }

    /// A refusal.
    static func refusal(_ status: Int, _ body: String, headers: HTTPHeaders = [:]) -> Self {
        Self(status: status, headers: headers, steps: [.bytes(body)])
    }

    static func failure(_ code: HTTPClientError.Code) -> Self {
        Self(steps: [], failure: HTTPClientError(code, "why"))
    }

    static func text(_ text: String) -> String { #"{"choices":[{"delta":{"content":"\#(text)"}}]}"# }
    static let stop = #"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#
    /// A whole answer: `ok`.
    static let ok = Self.events(Self.text("ok"), Self.stop, "[DONE]")
}
