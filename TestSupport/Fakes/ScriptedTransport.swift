package import HTTP
package import HTTPClient
package import JSON
package import Models
internal import Primitives

/// Plays one answer per request, and records the requests.
package final class ScriptedTransport: ModelTransport {
    package enum Step: Sendable {
        case bytes(String)
        case fail(HTTPClientError)
        case hang
    }

    package struct Answer: Sendable {
        package var status = 200
        package var headers: HTTPHeaders = ["Content-Type": "text/event-stream"]
        package var steps: [Step]
        /// Thrown in place of a response.
        package var failure: HTTPClientError?

        package init(
            status: Int = 200, headers: HTTPHeaders = ["Content-Type": "text/event-stream"], steps: [Step],
            failure: HTTPClientError? = nil
        ) {
            self.status = status
            self.headers = headers
            self.steps = steps
            self.failure = failure
        }
    }

    private let answers: Protected<[Answer]>
    private let sent = Protected<[TransportRequest]>([])

    package init(_ answers: [Answer]) { self.answers = Protected(answers) }

    package var requests: [TransportRequest] { self.sent.withLock { $0 } }
    package var bodies: [JSON] { self.requests.compactMap { try? JSON.parse($0.body ?? []) } }

    package func send(_ request: TransportRequest) async throws -> TransportResponse {
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
    package static func events(_ lines: String...) -> Self {
        Self(steps: lines.map { .bytes("data: \($0)\n\n") })
    }

    package static func refusal(_ status: Int, _ body: String, headers: HTTPHeaders = [:]) -> Self {
        Self(status: status, headers: headers, steps: [.bytes(body)])
    }

    package static func failure(_ code: HTTPClientError.Code) -> Self {
        Self(steps: [], failure: HTTPClientError(code, "why"))
    }

    package static func text(_ text: String) -> String { #"{"choices":[{"delta":{"content":"\#(text)"}}]}"# }
    package static let stop = #"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#
    /// A complete answer: `ok`.
    package static let ok = Self.events(Self.text("ok"), Self.stop, "[DONE]")
}
