internal import Copilot
internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Primitives

/// As much of GitHub and of the Copilot API as the Copilot CLI asks for when it uses an account: who the token belongs
/// to, which models there are, and answers.
public final class LoopbackCopilotAccount: Sendable {
    /// What a chat request gets.
    public enum Behavior: Sendable {
        /// A streamed answer.
        case answer(String)
        /// Some words, and then nothing more.
        case stall(after: String)
        /// A refusal with this JSON body.
        case refusal(status: Int, body: String)
    }

    private struct State {
        var queue: [Behavior] = []
        var tokens: Set<String> = []
        var bodies: [String] = []
    }

    /// What `COPILOT_DEBUG_GITHUB_API_URL` is set to.
    public let url: String
    private let server: HTTPServer
    private let state: Protected<State>

    /// Starts one that knows this token and no other.
    public static func started(token: String) async throws -> LoopbackCopilotAccount {
        let state = Protected(State())
        var settings = HTTPServerSettings(port: 0)
        settings.deadlines.drain = .milliseconds(200)
        settings.deadlines.progress = .seconds(86_400)
        let silent = Logger(label: "account", output: LogOutput(level: .error, format: .text, sink: { _ in }))
        let server = HTTPServer(settings, name: "copilot account", logger: silent) { request in
            await Self.answer(request, token: token, state)
        }
        try await server.start()
        return LoopbackCopilotAccount(server, port: server.boundAddress?.port ?? 0, state)
    }

    private init(_ server: HTTPServer, port: UInt16, _ state: Protected<State>) {
        self.server = server
        self.url = "http://127.0.0.1:\(port)"
        self.state = state
    }

    /// Ends it.
    public func stop() async { await self.server.stop() }

    /// What the next chat request gets; an answer "Hello from Copilot." when nothing is queued.
    public func enqueue(_ behaviors: Behavior...) { self.state.withLock { $0.queue += behaviors } }

    /// The bodies of the chat requests so far.
    public var chatBodies: [String] { self.state.withLock { $0.bodies } }
    /// The bearer tokens that came, of any request.
    public var tokens: Set<String> { self.state.withLock { $0.tokens } }

    private static func answer(
        _ request: HTTPServerRequest, token: String, _ state: Protected<State>
    ) async -> HTTPServerResponse {
        let bearer = (request.headers["authorization"] ?? "").split(separator: " ").last.map(String.init) ?? ""
        state.withLock { _ = $0.tokens.insert(bearer) }
        let path = String(request.path)
        guard ["/copilot_internal/user", "/models", "/chat/completions"].contains(path) else {
            return .json(["message": "Not Found"], 404)
        }
        guard bearer == token else { return .json(["message": "Bad credentials"], 401) }
        switch path {
        case "/copilot_internal/user": return .json(Self.user(host: request.headers["host"] ?? ""))
        case "/models": return .json(Self.models)
        default:
            let body = (try? await request.body.collect()) ?? []
            let behavior = state.withLock { state -> Behavior in
                state.bodies.append(String(decoding: body, as: UTF8.self))
                return state.queue.isEmpty ? .answer("Hello from Copilot.") : state.queue.removeFirst()
            }
            return Self.chat(behavior)
        }
    }

    private static func user(host: String) -> JSON {
        let api = JSON.string("http://\(host)")
        return [
            "login": "octo", "copilot_plan": "individual", "chat_enabled": true, "is_mcp_enabled": true,
            "access_type_sku": "monthly_subscriber", "endpoints": ["api": api, "telemetry": api],
            "quota_snapshots": [:],
        ]
    }

    private static let models: JSON = [
        "object": "list",
        "data": [
            LoopbackCopilotAccount.model("gpt-5-mini", state: "enabled"),
            LoopbackCopilotAccount.model("gpt-x", state: "disabled"),
        ],
    ]

    private static func model(_ id: String, state: String) -> JSON {
        let limits: JSON = [
            "max_context_window_tokens": 128_000, "max_prompt_tokens": 64_000, "max_output_tokens": 4_096,
        ]
        let capabilities: JSON = [
            "type": "chat", "family": .string(id), "tokenizer": "o200k_base", "object": "model_capabilities",
            "limits": limits, "supports": ["streaming": true, "tool_calls": true],
        ]
        return [
            "id": .string(id), "name": .string(id), "vendor": "OpenAI", "version": .string(id), "object": "model",
            "preview": false, "model_picker_enabled": true, "is_chat_default": true, "is_chat_fallback": false,
            "billing": ["is_premium": false, "multiplier": 0], "policy": ["state": .string(state), "terms": ""],
            "supported_endpoints": ["/chat/completions"], "capabilities": capabilities,
        ]
    }

    private static func chat(_ behavior: Behavior) -> HTTPServerResponse {
        if case .refusal(let status, let body) = behavior {
            return HTTPServerResponse(HTTPStatus(status), .json, bytes: Array(body.utf8))
        }
        return HTTPServerResponse(
            .ok, headers: ["Content-Type": "text/event-stream"],
            body: .stream { writer in
                switch behavior {
                case .answer(let text):
                    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
                        try await writer.write(Self.chunk(word + (text.hasSuffix(word) ? "" : " ")))
                    }
                    try await writer.write(Self.ending)
                case .stall(let text):
                    try await writer.write(Self.chunk(text[...]))
                    try await EventLoop.shared.sleep(for: .seconds(86_400))
                case .refusal: break
                }
            })
    }

    private static func chunk(_ text: some StringProtocol) -> String {
        let delta: JSON = ["content": .string(String(text))]
        let chunk: JSON = [
            "id": "c1", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "gpt-5-mini",
            "choices": [["index": 0, "delta": delta]],
        ]
        return "data: \(chunk.text)\n\n"
    }

    private static let ending = """
        data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: {"id":"c1","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}

        data: [DONE]


        """
}
