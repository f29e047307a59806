internal import EventLoop
internal import HTTP
internal import HTTPServer
package import JSON
internal import Primitives

/// The Copilot API on loopback: models with an ETag, chat completions, responses, embeddings.
///
/// It enforces the API's rules (required headers, live tokens, models of the account, prompt limits, credits) and
/// answers with its error texts. Each chat takes the next queued ``ModelBehavior``, else the one set for its model,
/// else an echo. The test suite runs the official `openai` client against it.
///
/// ```swift
/// let copilot = try await LoopbackCopilot.started { token in github.isLive(token) }
/// copilot.enqueue(.refusal(status: 429, code: "user_model_rate_limited", message: "slow down", retryAfter: "1"))
/// // … give copilot.apiURL as endpoints.api …
/// await copilot.stop()
/// ```
package final class LoopbackCopilot: Sendable {
    package let port: UInt16

    private let server: HTTPServer
    private let state: Protected<CopilotServerState>

    /// Starts a server on `port`; 0 picks a free one.
    ///
    /// - Parameters:
    ///   - credits: the account's remaining credits; each request of a user costs its model's multiplier. Nil is
    ///     unlimited.
    ///   - isLive: whether a token is currently valid; called for each request.
    package static func started(
        port: UInt16 = 0, credits: Double? = nil, isLive: @escaping @Sendable (_ token: String) -> Bool = { _ in true }
    ) async throws -> LoopbackCopilot {
        let state = Protected(CopilotServerState(credits: credits))
        let handler = CopilotRequestHandler(isLive: isLive, state: state)
        let settings = HTTPServerSettings.standIn(port: port, bodyLimit: 64 << 20)
        let server = HTTPServer(settings, name: "copilot", logger: .silent) { request in
            await handler.answer(request)
        }
        try await server.start()
        return LoopbackCopilot(server: server, port: server.boundAddress?.port ?? port, state: state)
    }

    private init(server: HTTPServer, port: UInt16, state: Protected<CopilotServerState>) {
        self.server = server
        self.port = port
        self.state = state
    }

    /// Stops the server and cancels the current answers.
    package func stop() async {
        await self.server.stop()
    }

    /// The value of `endpoints.api` in a token exchange.
    package var apiURL: String { "http://127.0.0.1:\(self.port)" }

    /// Queues behaviours for the next chats.
    package func enqueue(_ behaviors: ModelBehavior...) {
        self.state.withLock { $0.queue += behaviors }
    }

    /// The behaviour for chats with `model` when nothing is queued; nil is the echo.
    package func set(_ behavior: ModelBehavior?, for model: String) {
        self.state.withLock { $0.byModel[model] = behavior }
    }

    /// Replaces the complete answer of `/models`, and with it the ETag.
    package func setModels(_ list: JSON) {
        self.state.withLock { $0.models = list }
    }

    /// Refuses the next requests of any kind with this status and text, as the API's front end does.
    package func refuseNext(_ count: Int = 1, status: Int, text: String) {
        self.state.withLock { $0.fronts += Array(repeating: (status, text), count: count) }
    }

    /// The account's remaining credits.
    package var credits: Double? {
        get { self.state.withLock { $0.credits } }
        set { self.state.withLock { $0.credits = newValue } }
    }

    /// The last ten thousand requests, oldest first.
    package var requests: [CopilotServerRequest] { self.state.withLock { $0.requests } }

    package func requests(to path: String) -> [CopilotServerRequest] { self.requests.filter { $0.path == path } }

    /// The number of chats being answered now; a client that disconnects ends its answer.
    package var answersUnderWay: Int { self.state.withLock { $0.underWay } }
}
