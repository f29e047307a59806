internal import Copilot
internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Primitives

/// An OpenAI-compatible model endpoint on loopback, for tests.
///
/// It checks requests as strictly as the real API does, streams in the same form, and misbehaves on request: each chat
/// request takes the next queued ``ModelBehavior``, else the one that is set for its model, else what
/// ``ModelBehavior/byName`` has for the model's name. The official `openai` client is run against it in the test suite,
/// so that the stand-in is itself tested.
///
/// ```swift
/// let server = try await LoopbackModelServer.started()
/// server.enqueue(.refusal(status: 429, code: "rate_limit_exceeded", message: "slow down", retryAfter: "1"))
/// server.enqueue(.answer("Hello.", rate: 20))
/// // … talk to server.baseURL …
/// await server.stop()
/// ```
public final class LoopbackModelServer: Sendable {
    private struct State {
        var queue: [ModelBehavior] = []
        var byModel: [String: ModelBehavior]
        var requests: [ModelServerRequest] = []
        /// Every request that came, those that were refused among them.
        var count = 0
        var underWay = 0
    }

    /// The key that requests have to carry, or nil when any or none will do.
    public let apiKey: String?
    /// The most tokens that a prompt may have, by estimate.
    public let contextLimit: Int
    /// The port it listens on.
    public let port: UInt16

    private let server: HTTPServer
    private let state: Protected<State>

    /// Starts a server on `port`; 0 picks a free one.
    public static func started(
        port: UInt16 = 0, apiKey: String? = nil, contextLimit: Int = 128_000,
        behaviors: [String: ModelBehavior] = ModelBehavior.byName
    ) async throws -> LoopbackModelServer {
        let state = Protected(State(byModel: behaviors))
        let handler = ModelRequestHandler(apiKey: apiKey, contextLimit: contextLimit) { request in
            state.withLock { state in
                guard let request else {
                    state.count += 1
                    return (nil, state.count)
                }
                state.requests.append(request)
                let queued = state.queue.isEmpty ? nil : state.queue.removeFirst()
                return (queued ?? state.byModel[request.model], state.count)
            }
        } models: {
            state.withLock { $0.byModel.keys.sorted() }
        } note: { isBegin in
            state.withLock { $0.underWay += isBegin ? 1 : -1 }
        }
        var settings = HTTPServerSettings(port: port)
        settings.bodyLimit = 32 * 1024 * 1024
        settings.deadlines.drain = .milliseconds(200)
        // A stalled answer is the client's to notice.
        settings.deadlines.progress = .seconds(86_400)
        let server = HTTPServer(settings, name: "model server", logger: Self.silent) { request in
            await handler.answer(request)
        }
        try await server.start()
        return LoopbackModelServer(
            server: server, port: server.boundAddress?.port ?? port, apiKey: apiKey, contextLimit: contextLimit,
            state: state)
    }

    /// What the server would log is what it was asked to do.
    private static let silent = Logger(
        label: "model-server", output: LogOutput(level: .error, format: .text, sink: { _ in }))

    private init(
        server: HTTPServer, port: UInt16, apiKey: String?, contextLimit: Int, state: Protected<State>
    ) {
        self.server = server
        self.port = port
        self.apiKey = apiKey
        self.contextLimit = contextLimit
        self.state = state
    }

    /// Ends the server and every answer under way.
    public func stop() async {
        await self.server.stop()
    }

    /// The address that clients are configured with.
    public var baseURL: String { "http://127.0.0.1:\(self.port)/v1" }

    /// What the next chat request gets, behind what is queued already.
    public func enqueue(_ behaviors: ModelBehavior...) {
        self.state.withLock { $0.queue += behaviors }
    }

    /// What requests for `model` get when nothing is queued; nil takes the model away.
    public func set(_ behavior: ModelBehavior?, for model: String) {
        self.state.withLock { $0.byModel[model] = behavior }
    }

    /// The valid chat requests so far, the oldest first.
    public var requests: [ModelServerRequest] { self.state.withLock { $0.requests } }

    /// How many chat requests are being answered at this moment; a client that leaves ends its answer.
    public var answersUnderWay: Int { self.state.withLock { $0.underWay } }

    /// How many requests came, of any kind.
    public var requestCount: Int { self.state.withLock { $0.count } }
}

/// Answers the requests of one server.
private struct ModelRequestHandler: Sendable {
    let apiKey: String?
    let contextLimit: Int
    /// Counts a request; of a valid one also chooses the behaviour.
    let choose: @Sendable (ModelServerRequest?) -> (ModelBehavior?, Int)
    let models: @Sendable () -> [String]
    /// Told at the begin (true) and the end of each answer.
    let note: @Sendable (Bool) -> Void

    func answer(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        let (_, number) = self.choose(nil)
        var response: HTTPServerResponse
        do throws(ModelRequestCheck.Refusal) {
            response = try await self.route(request, number: number)
        } catch {
            response = error.response
        }
        response.headers.append("x-request-id", "req_\(number)")
        response.headers.append("openai-version", "2020-10-01")
        return response
    }

    private func route(
        _ request: HTTPServerRequest, number: Int
    ) async throws(ModelRequestCheck.Refusal) -> HTTPServerResponse {
        switch (request.method, String(request.path)) {
        case (.post, "/v1/chat/completions"):
            try self.checkKey(request)
            return try await self.chat(request, number: number)
        case (.get, "/v1/models"):
            try self.checkKey(request)
            return .json(["object": "list", "data": .array(self.models().map { Self.entry($0) })])
        case (.get, let path) where path.hasPrefix("/v1/models/"):
            try self.checkKey(request)
            let name = String(path.dropFirst("/v1/models/".count))
            guard self.models().contains(name) else { throw Self.unknown(name) }
            return .json(Self.entry(name))
        case (let method, "/v1/chat/completions"), (let method, "/v1/models"):
            throw ModelRequestCheck.Refusal(
                status: 405,
                message:
                    "Not allowed to \(method) on \(request.path). (HINT: Perhaps you meant to use a different HTTP "
                    + "method?)", code: "method_not_supported")
        case (let method, let path):
            throw ModelRequestCheck.Refusal(status: 404, message: "Invalid URL (\(method) \(path))")
        }
    }

    private func chat(
        _ request: HTTPServerRequest, number: Int
    ) async throws(ModelRequestCheck.Refusal) -> HTTPServerResponse {
        let body: [UInt8]
        do {
            body = try await request.body.collect()
        } catch {
            throw ModelRequestCheck.Refusal(status: 413, message: "The request is too large.")
        }
        let read = try ModelRequestCheck.read(
            body, contentType: request.headers["content-type"] ?? "", key: Self.key(request))
        let (behavior, _) = self.choose(read)
        guard let behavior else { throw Self.unknown(read.model) }
        let tokens = read.messages.reduce(0) {
            $0 + Int(TokenEstimator.weight(of: $1.text)) + TokenEstimator.perMessage
        }
        guard tokens <= self.contextLimit else {
            throw ModelRequestCheck.Refusal(
                message:
                    "This model's maximum context length is \(self.contextLimit) tokens. However, your messages resulted "
                    + "in \(tokens) tokens. Please reduce the length of the messages.", parameter: "messages",
                code: "context_length_exceeded")
        }
        if case .silence = behavior {
            self.note(true)
            // Not even a head; ends when the client leaves.
            try? await EventLoop.shared.sleep(for: .seconds(86_400))
            self.note(false)
        }
        return ModelAnswerWriter(request: read, behavior: behavior, number: number, note: self.note).response
    }

    private func checkKey(_ request: HTTPServerRequest) throws(ModelRequestCheck.Refusal) {
        guard let apiKey = self.apiKey else { return }
        guard let key = Self.key(request) else {
            throw ModelRequestCheck.Refusal(
                status: 401,
                message:
                    "You didn't provide an API key. You need to provide your API key in an Authorization header using "
                    + "Bearer auth (i.e. Authorization: Bearer YOUR_KEY).")
        }
        guard key == apiKey else {
            throw ModelRequestCheck.Refusal(
                status: 401, message: "Incorrect API key provided: \(key.prefix(3))***.", code: "invalid_api_key")
        }
    }

    private static func key(_ request: HTTPServerRequest) -> String? {
        guard let value = request.headers["authorization"], value.hasPrefix("Bearer "), value.utf8.count > 7 else {
            return nil
        }
        return String(value.dropFirst(7))
    }

    private static func entry(_ name: String) -> JSON {
        ["id": .string(name), "object": "model", "created": 1_790_000_000, "owned_by": "loopback"]
    }

    private static func unknown(_ model: String) -> ModelRequestCheck.Refusal {
        ModelRequestCheck.Refusal(
            status: 404, message: "The model `\(model)` does not exist or you do not have access to it.",
            code: "model_not_found")
    }
}
