internal import EventLoop
internal import Glibc
internal import HTTP
internal import HTTPClient
internal import JSON
package import Logging
internal import Primitives

/// Any endpoint that speaks OpenAI's chat completions.
///
/// A request is tried again only before the first piece of an answer, with the endpoint's own wishes about when; after
/// it, a failure is the turn's to tell. Parameters that an endpoint refuses are left out, and that is remembered.
package final class OpenAIClient: ModelClient {
    /// A single event of the stream; whole answers come this way from endpoints that stream badly.
    private static let maximumEventBytes = 8 * 1024 * 1024

    package let provider: String
    package var defaultModel: String { self.settings.defaultModel }

    private let settings: OpenAISettings
    private let transport: any ModelTransport
    private let clock: TurnClock
    private let jitter: @Sendable () -> Double
    private let logger: Logger
    private let dialect: Protected<OpenAIDialect>

    /// - Parameter jitter: random numbers in 0..<1.
    package init(
        _ settings: OpenAISettings, provider: String = "openai", transport: any ModelTransport,
        clock: TurnClock = .continuous, jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        logger: Logger
    ) {
        self.settings = settings
        self.provider = provider
        self.transport = transport
        self.clock = clock
        self.jitter = jitter
        self.logger = logger
        self.dialect = Protected(OpenAIDialect(host: settings.baseURL.host))
    }

    package func models() async throws -> [ModelInfo] {
        try await self.translating(context: self.context()) {
            let response = try await self.transport.send(self.request(.get, "models", timeout: .seconds(30)))
            let context = self.context(response.headers)
            // A list of everything that an aggregator has is some megabytes.
            let body = try await response.start(upTo: 32 * 1024 * 1024)
            guard response.status == 200 else {
                throw AttemptFailure(EndpointFailure(body: body).modelError(status: response.status, context: context))
            }
            guard let models = OpenAIModelList.parse(body) else {
                throw AttemptFailure(Self.noAPI(context))
            }
            return models
        }
    }

    package func check() async throws {
        do {
            _ = try await self.models()
        } catch let error as ModelError where error.status == 404 || error.status == 405 {
            // Not every endpoint lists its models: one word of an answer proves as much.
            let request = ModelRequest(messages: [ModelMessage(.user, "Say: ok")], outputLimit: 16)
            for try await _ in self.stream(request) {}
        }
    }

    package func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        ModelEventChannel.streamOnLoop { channel in try await self.answer(request, to: channel) }
    }
}

// MARK: - Tries

extension OpenAIClient {
    @Net private func answer(_ request: ModelRequest, to channel: ModelEventChannel) async throws {
        let deadline = self.clock.now + self.settings.turnTimeout
        let context = self.context(model: request.model)
        var tries = 1
        while true {
            var progress = Progress()
            let failure: AttemptFailure
            do {
                try await self.attempt(request, until: deadline, &progress, to: channel)
                return
            } catch let error as AttemptFailure {
                failure = error
            } catch let error as HTTPClientError {
                failure = AttemptFailure(error, context: context, hasAnswer: progress.hasAnswer)
            }
            try Task.checkCancellation()
            self.logger.info(
                "a try failed",
                [
                    "try": .integer(Int64(tries)), "code": .string(failure.error.code.rawValue),
                    "reason": .string(failure.error.message),
                ])
            guard !progress.hasAnswer, let reason = failure.retryReason,
                let delay = self.settings.retry.delay(
                    afterTry: tries, retryAfter: failure.error.retryAfter, remaining: deadline - self.clock.now,
                    jitter: self.jitter())
            else { throw failure.error }
            tries += 1
            try await channel.send(.waiting(RetryNotice(reason: reason, delay: delay, attempt: tries)))
            try await self.clock.sleep(for: delay)
        }
    }

    /// What a try has got so far.
    private struct Progress {
        /// A piece of the answer was handed on.
        var hasAnswer = false
    }

    @Net private func attempt(
        _ request: ModelRequest, until deadline: Duration, _ progress: inout Progress, to channel: ModelEventChannel
    ) async throws {
        var dialect = self.dialect.withLock { $0 }
        let model = request.model ?? self.defaultModel
        while true {
            let response = try await self.transport.send(
                self.request(
                    .post, "chat/completions", body: dialect.body(request, model: model),
                    timeout: max(.milliseconds(1), deadline - self.clock.now)))
            let context = self.context(response.headers, model: model)
            if response.status == 200 {
                try await self.read(response, context: context, &progress, to: channel)
                return
            }
            let body = try await response.start(upTo: 64 * 1024)
            let words = String(decoding: body, as: UTF8.self)
            if response.status == 400 || response.status == 422, dialect.adapt(to: words) {
                let adapted = dialect
                self.dialect.withLock { $0 = adapted }
                continue  // each adaptation gives something up, so this ends
            }
            throw AttemptFailure(EndpointFailure(body: body).modelError(status: response.status, context: context))
        }
    }
}

// MARK: - Reading

extension OpenAIClient {
    @Net private func read(
        _ response: TransportResponse, context: EndpointContext, _ progress: inout Progress,
        to channel: ModelEventChannel
    ) async throws {
        let type = response.headers["content-type"]?.lowercased() ?? ""
        if type.hasPrefix("text/html") { throw AttemptFailure(Self.noAPI(context)) }
        if type.hasPrefix("application/json") {
            try await self.readWhole(response, context: context, &progress, to: channel)
            return
        }
        var stream = ChatCompletionStream(context: context)
        var parser = ServerSentEventParser(maximumEventBytes: Self.maximumEventBytes)
        var hasEvents = false
        var start: [UInt8] = []
        do {
            while !stream.isDone, let bytes = try await response.next() {
                if !hasEvents { start += bytes.prefix(64 * 1024 - start.count) }
                for event in try parser.parse(bytes) {
                    hasEvents = true
                    let isSmall = event.bytes.count < 64 * 1024
                    let pieces =
                        isSmall ? try stream.receive(event.bytes) : try await Self.receive(event.bytes, by: &stream)
                    progress.hasAnswer = stream.hasAnswer
                    for piece in pieces { try await channel.send(piece) }
                }
            }
        } catch is ServerSentEventParser.TooLong {
            throw AttemptFailure(Self.noAPI(context))
        } catch let error as ModelError {
            progress.hasAnswer = stream.hasAnswer
            throw AttemptFailure(error)
        } catch let error as HTTPClientError {
            // What breaks behind the finish reason harms nobody.
            guard stream.isWhole else {
                progress.hasAnswer = stream.hasAnswer
                throw error
            }
        }
        progress.hasAnswer = stream.hasAnswer
        if !hasEvents, start.contains(where: { $0 > 0x20 }), start.first != UInt8(ascii: ":") {
            throw AttemptFailure(Self.noAPI(context))  // words, but no event stream
        }
        if stream.isDone { self.drain(response) }
        try await self.end(&stream, to: channel)
    }

    /// The answer of an endpoint that does not stream.
    @Net private func readWhole(
        _ response: TransportResponse, context: EndpointContext, _ progress: inout Progress,
        to channel: ModelEventChannel
    ) async throws {
        let body = try await response.start(upTo: Self.maximumEventBytes)
        var stream = ChatCompletionStream(context: context)
        do {
            let pieces = try await Self.receive(body, by: &stream)
            progress.hasAnswer = stream.hasAnswer
            for piece in pieces { try await channel.send(piece) }
        } catch let error as ModelError {
            throw AttemptFailure(error)
        }
        guard stream.isWhole else { throw AttemptFailure(Self.noAPI(context)) }
        try await self.end(&stream, to: channel)
    }

    /// Off the loop, for what takes longer than everybody there should wait.
    @concurrent private static func receive(
        _ bytes: [UInt8], by stream: inout ChatCompletionStream
    ) async throws -> [ModelEvent] {
        try stream.receive(bytes)
    }

    @Net private func end(_ stream: inout ChatCompletionStream, to channel: ModelEventChannel) async throws {
        let events: [ModelEvent]
        do {
            events = try stream.end()
        } catch {
            throw AttemptFailure(error)
        }
        for event in events { try await channel.send(event) }
    }

    /// Reads what is behind the end mark, so that the connection can be used again; nobody should wait for it.
    private func drain(_ response: TransportResponse) {
        // Ends by the request's own timeouts; not a child, because the answer is complete without it.
        Task(name: "drain") { _ = try? await response.start(upTo: 64 * 1024) }
    }
}

// MARK: - Requests

extension OpenAIClient {
    private func request(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, timeout: Duration
    ) -> TransportRequest {
        var headers: HTTPHeaders = [
            "Accept": body == nil ? "application/json" : "text/event-stream, application/json"
        ]
        if body != nil { headers.append("Content-Type", "application/json") }
        if let key = self.settings.apiKey, !key.isEmpty { headers.append("Authorization", "Bearer \(key.reveal())") }
        var url = self.settings.baseURL
        url.path = (url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path) + "/" + path
        return TransportRequest(
            method, url, headers: headers, body: body, idleTimeout: min(self.settings.idleTimeout, timeout),
            totalTimeout: timeout)
    }

    private func context(_ headers: HTTPHeaders = [:], model: String? = nil) -> EndpointContext {
        EndpointContext(
            host: self.settings.baseURL.authority, model: model ?? self.defaultModel,
            hasKey: self.settings.apiKey.map { !$0.isEmpty } ?? false,
            retryAfter: RetryAfter.read(headers, now: time(nil)),
            requestID: (headers["x-request-id"] ?? headers["x-github-request-id"]).map { String($0.prefix(80)) })
    }

    private func translating<Result>(
        context: EndpointContext, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as HTTPClientError {
            try Task.checkCancellation()
            throw AttemptFailure(error, context: context, hasAnswer: false).error
        } catch let failure as AttemptFailure {
            throw failure.error
        }
    }

    private static func noAPI(_ context: EndpointContext) -> ModelError {
        ModelError(
            .invalidResponse,
            "\(context.host) answers with something else than the API; check model.base_url, which usually ends in /v1."
        )
    }
}
