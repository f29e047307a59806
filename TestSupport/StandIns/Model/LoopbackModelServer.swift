internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Models
internal import Primitives

/// An OpenAI-compatible model endpoint on loopback, for tests.
///
/// It checks requests as strictly as the real API, streams in the same format, and misbehaves on request: each chat
/// request takes the next queued ``ModelBehavior``, else the one set for its model, else the entry in
/// ``ModelBehavior/byName`` for the model's name. The test suite runs the official `openai` client against it.
///
/// ```swift
/// let server = try await LoopbackModelServer.started()
/// server.enqueue(.refusal(status: 429, code: "rate_limit_exceeded", message: "slow down", retryAfter: "1"))
/// server.enqueue(.answer("Hello.", rate: 20))
/// // … talk to server.baseURL …
/// await server.stop()
/// ```
package final class LoopbackModelServer: Sendable {
    private struct State {
        var queue: [ModelBehavior] = []
        var byModel: [String: ModelBehavior]
        var requests: [ModelServerRequest] = []
        /// The number of requests, including refused ones.
        var count = 0
        var underWay = 0
    }

    /// The key that requests must carry; nil accepts any or none.
    package let apiKey: String?
    /// The maximum number of tokens in a prompt, by estimate.
    package let contextLimit: Int
    package let port: UInt16

    private let server: HTTPServer
    private let state: Protected<State>

    /// Starts a server on `port`; 0 picks a free one.
    package static func started(
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
        let settings = HTTPServerSettings.standIn(port: port, bodyLimit: 32 << 20)
        let server = HTTPServer(settings, name: "model server", logger: .silent) { request in
            await handler.answer(request)
        }
        try await server.start()
        return LoopbackModelServer(
            server: server, port: server.boundAddress?.port ?? port, apiKey: apiKey, contextLimit: contextLimit,
            state: state)
    }

    private init(
        server: HTTPServer, port: UInt16, apiKey: String?, contextLimit: Int, state: Protected<State>
    ) {
        self.server = server
        self.port = port
        self.apiKey = apiKey
        self.contextLimit = contextLimit
        self.state = state
    }

    /// Stops the server and cancels the current answers.
    package func stop() async {
        await self.server.stop()
    }

    /// The address that clients are configured with.
    package var baseURL: String { "http://127.0.0.1:\(self.port)/v1" }

    /// Queues behaviours for the next chat requests.
    package func enqueue(_ behaviors: ModelBehavior...) {
        self.state.withLock { $0.queue += behaviors }
    }

    /// The behaviour for requests for `model` when nothing is queued; nil removes the model.
    package func set(_ behavior: ModelBehavior?, for model: String) {
        self.state.withLock { $0.byModel[model] = behavior }
    }

    /// The valid chat requests so far, oldest first.
    package var requests: [ModelServerRequest] { self.state.withLock { $0.requests } }

    /// The number of chat requests being answered now; a client that disconnects ends its answer.
    package var answersUnderWay: Int { self.state.withLock { $0.underWay } }

    /// The number of requests of any kind.
    package var requestCount: Int { self.state.withLock { $0.count } }
}

/// Answers the requests to one server.
private struct ModelRequestHandler: Sendable {
    let apiKey: String?
    let contextLimit: Int
    /// Counts a request and chooses the behaviour for a valid one.
    let choose: @Sendable (ModelServerRequest?) -> (ModelBehavior?, Int)
    let models: @Sendable () -> [String]
    /// Called at the beginning (true) and the end of each answer.
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
        var read = try ModelRequestCheck.read(
            body, contentType: request.headers["content-type"] ?? "", key: Self.key(request))
        read.traceparent = request.headers["traceparent"]
        var (behavior, _) = self.choose(read)
        while case .chosen(let choose) = behavior { behavior = choose(read) }
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
            // Not even a header; ends when the client disconnects.
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
