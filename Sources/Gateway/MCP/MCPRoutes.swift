internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import People
internal import Primitives
internal import Threads

/// What the requests of clients of the Model Context Protocol share in a gateway.
struct MCPState: Sendable {
    let questions = MCPQuestions()
    let seal = MCPSeal()
}

/// The Model Context Protocol over HTTP: stateless, and answered as JSON unless a call waits.
enum MCPRoutes {
    static let routes = [
        APIRoute(
            method: .post, pattern: "/mcp", operation: "mcp",
            summary: "The Model Context Protocol, in JSON-RPC; see docs/mcp.md.",
            access: .scopes(Set(Scope.allCases), from: .guest), bodyLimit: 2 << 20, answers: [], isForPrograms: true,
            isHidden: true
        ) { context, request in try await Self.answer(context, request) }
    ]

    private static func answer(_ context: GatewayContext, _ request: APIRequest) async throws -> HTTPServerResponse {
        let headers = request.http.headers
        guard let type = headers["content-type"], MediaType(parsing: type)?.essence == MediaType.json.essence else {
            throw HTTPProblem(.unsupportedMediaType, "Send the message as application/json.")
        }
        let bytes = try await request.http.body.collect(upTo: 2 << 20)
        var id = JSON.null
        var isModern = false
        do {
            let message = try MCPMessage(parsing: bytes)
            (id, isModern) = (message.id, message.isModern)
            try message.check(headers)
            return try await Self.answer(message, context, request)
        } catch let error as MCPError {
            return .json(error.answer(to: id), error.status(isModern: isModern))
        }
    }

    private static func answer(
        _ message: MCPMessage, _ context: GatewayContext, _ request: APIRequest
    ) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let headers = request.http.headers
        guard let front = request.front, let authorization = headers["authorization"] else {
            throw Problems.unauthorized
        }
        let client = "\(principal.credential.id) \(headers["user-agent"]?.beginning(bytes: 200) ?? "")"
        let questions = context.mcp.questions
        switch message.kind {
        case .response: questions.take(message, from: client)
        case .notification: break
        case .request:
            if let showsForms = MCPServer.declaredForms(message) { questions.note(client, showsForms: showsForms) }
            let server = MCPServer(
                backend: LocalAPI(
                    front: front, pageURL: context.settings.publicURL, authorization: authorization,
                    traceParent: headers["traceparent"]),
                seal: context.mcp.seal, version: context.settings.version, now: context.environment.now)
            let streams = headers.list(of: "accept").contains { $0.hasPrefix("text/event-stream") }
            return try await Self.exchange(
                MCPExchange(streams: streams), message, server, client, principal, questions, request.logger)
        }
        return HTTPServerResponse(.accepted)
    }

    private static func exchange(
        _ exchange: MCPExchange, _ message: MCPMessage, _ server: MCPServer, _ name: String, _ principal: Principal,
        _ questions: MCPQuestions, _ logger: Logger
    ) async throws -> HTTPServerResponse {
        let client = MCPClient(
            credential: principal.credential.id, showsForms: exchange.streams && questions.showsForms(name),
            notify: { exchange.send($0) },
            ask: { method, params in
                await questions.ask(name, method, params) { exchange.send($0) }
            })
        // Unstructured: the call goes on while its answer becomes a stream.
        let call = Task {
            do {
                exchange.end(.success(try await server.answer(message, for: client)))
            } catch {
                exchange.end(.failure(error))
            }
        }
        let first = await withTaskCancellationHandler {
            await exchange.first()
        } onCancel: {
            call.cancel()
        }
        switch first {
        case .ended(.success(let answer)): return .json(answer)
        case .ended(.failure(let error)): throw error
        case .continues:
            return HTTPServerResponse(
                .ok, headers: ["Content-Type": "text/event-stream", "X-Accel-Buffering": "no"],
                body: .stream { writer in
                    // A client that closes the stream cancels the call, not the agent's work.
                    defer { call.cancel() }
                    do {
                        try await exchange.write(to: message.id) { try await writer.write($0) }
                    } catch {
                        logger.debug("a client of /mcp left", ["error": .string("\(error)")])
                    }
                })
        }
    }
}

/// The answer of one request, and what goes ahead of it.
final class MCPExchange: Sendable {
    enum First: Sendable {
        case ended(Result<JSON, any Error>)
        /// There is something to send ahead, or the call takes long.
        case continues
    }

    private struct State {
        var ahead: [JSON] = []
        var end: Result<JSON, any Error>?
    }

    /// Whether the client takes a stream of events.
    let streams: Bool
    private let state = Protected(State())
    private let changed = Signal()

    /// Until the first event.
    private static let silence = Duration.seconds(10)
    /// Proxies end what is silent for long.
    private static let heartbeat = Duration.seconds(15)
    /// A client that reads nothing gets no more notifications.
    private static let aheadLimit = 100

    init(streams: Bool) { self.streams = streams }

    func send(_ message: JSON) {
        guard self.streams else { return }
        self.state.withLock { state in
            if state.ahead.count < Self.aheadLimit { state.ahead.append(message) }
        }
        self.changed.signal()
    }

    func end(_ result: Result<JSON, any Error>) {
        self.state.withLock { $0.end = result }
        self.changed.signal()
    }

    /// Waits for the answer, or until it has to become a stream.
    func first() async -> First {
        let start = ContinuousClock.now
        while true {
            let first: First? = self.state.withLock { state in
                if state.ahead.isEmpty, let end = state.end { return .ended(end) }
                return state.ahead.isEmpty ? nil : .continues
            }
            if let first { return first }
            guard !Task.isCancelled else { return .ended(.failure(CancellationError())) }
            guard self.streams else {
                await self.changed.wait()
                continue
            }
            let left = Self.silence - (ContinuousClock.now - start)
            guard left > .zero else { return .continues }
            await self.changed.wait(upTo: left)
        }
    }

    /// Writes events until the answer has been written.
    func write(to id: JSON, _ write: (String) async throws -> Void) async throws {
        try await write(":\n\n")
        while true {
            let (ahead, end) = self.state.withLock { state in
                defer { state.ahead = [] }
                return (state.ahead, state.end)
            }
            for message in ahead { try await write(Self.event(message)) }
            switch end {
            case .success(let answer)?: return try await write(Self.event(answer))
            case .failure(let error)?:
                let error = error as? MCPError ?? .failed
                return try await write(Self.event(error.answer(to: id)))
            case nil: break
            }
            try Task.checkCancellation()
            let start = ContinuousClock.now
            await self.changed.wait(upTo: Self.heartbeat)
            if ContinuousClock.now - start >= Self.heartbeat { try await write(":\n\n") }
        }
    }

    private static func event(_ message: JSON) -> String { "event: message\ndata: \(message.text)\n\n" }
}
