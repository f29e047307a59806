internal import EventLoop
internal import HTTP
internal import HTTPServer
package import JSON
internal import Logging
internal import Primitives

/// The Copilot API on loopback, for tests: models with an ETag, chat completions, responses, embeddings.
///
/// It holds requests against the API's rules (required headers, live tokens, models that the account has, prompt limits,
/// credits) and refuses in its words. Each chat takes the next queued ``ModelBehavior``, else the one that is set for its
/// model, else an echo. The official `openai` client is run against it in the test suite.
///
/// ```swift
/// let copilot = try await LoopbackCopilot.started { token in github.isLive(token) }
/// copilot.enqueue(.refusal(status: 429, code: "user_model_rate_limited", message: "slow down", retryAfter: "1"))
/// // … give copilot.apiURL as endpoints.api …
/// await copilot.stop()
/// ```
public final class LoopbackCopilot: Sendable {
    /// The port it listens on.
    public let port: UInt16

    private let server: HTTPServer
    private let state: Protected<CopilotServerState>

    /// Starts a server on `port`; 0 picks a free one.
    ///
    /// - Parameters:
    ///   - credits: what the account may still spend; each request of a user costs its model's multiplier. Nil for no
    ///     end of them.
    ///   - isLive: whether a token is taken at this moment; asked at each request.
    public static func started(
        port: UInt16 = 0, credits: Double? = nil, isLive: @escaping @Sendable (_ token: String) -> Bool = { _ in true }
    ) async throws -> LoopbackCopilot {
        let state = Protected(CopilotServerState(credits: credits))
        let handler = CopilotRequestHandler(isLive: isLive, state: state)
        var settings = HTTPServerSettings(port: port)
        settings.bodyLimit = 64 * 1024 * 1024
        settings.deadlines.drain = .milliseconds(200)
        // A stalled answer is the client's to notice.
        settings.deadlines.progress = .seconds(86_400)
        let server = HTTPServer(settings, name: "copilot", logger: Self.silent) { request in
            await handler.answer(request)
        }
        try await server.start()
        return LoopbackCopilot(server: server, port: server.boundAddress?.port ?? port, state: state)
    }

    /// What the server would log is what it was asked to do.
    private static let silent = Logger(
        label: "copilot", output: LogOutput(level: .error, format: .text, sink: { _ in }))

    private init(server: HTTPServer, port: UInt16, state: Protected<CopilotServerState>) {
        self.server = server
        self.port = port
        self.state = state
    }

    /// Ends the server and every answer under way.
    public func stop() async {
        await self.server.stop()
    }

    /// What a token exchange gives as `endpoints.api`.
    public var apiURL: String { "http://127.0.0.1:\(self.port)" }

    /// What the next chats get, behind what is queued already.
    public func enqueue(_ behaviors: ModelBehavior...) {
        self.state.withLock { $0.queue += behaviors }
    }

    /// What chats with `model` get when nothing is queued; nil for the echo.
    public func set(_ behavior: ModelBehavior?, for model: String) {
        self.state.withLock { $0.byModel[model] = behavior }
    }

    /// Replaces the whole answer of `/models`; its ETag changes with it.
    package func setModels(_ list: JSON) {
        self.state.withLock { $0.models = list }
    }

    /// Refuses the next requests of any kind with this status and text, as the API's front does.
    public func refuseNext(_ count: Int = 1, status: Int, text: String) {
        self.state.withLock { $0.fronts += Array(repeating: (status, text), count: count) }
    }

    /// What the account may still spend.
    public var credits: Double? {
        get { self.state.withLock { $0.credits } }
        set { self.state.withLock { $0.credits = newValue } }
    }

    /// All requests so far, the oldest first; the last ten thousand are kept.
    public var requests: [CopilotServerRequest] { self.state.withLock { $0.requests } }

    /// The requests to one path.
    public func requests(to path: String) -> [CopilotServerRequest] { self.requests.filter { $0.path == path } }

    /// How many chats are being answered at this moment; a client that leaves ends its answer.
    public var answersUnderWay: Int { self.state.withLock { $0.underWay } }
}
