internal import EventLoop
internal import Glibc
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Logging

/// Requests, tries and streams, the same for every provider over HTTP.
///
/// A request is tried again only before the first piece of an answer, with the endpoint's own wishes about when; after
/// it, a failure is the turn's to tell.
struct ModelExchange: Sendable {
    /// A single event of the stream; whole answers come this way from endpoints that stream badly.
    fileprivate static let eventLimit = 8 * 1024 * 1024
    /// A list of everything that an aggregator has is some megabytes.
    private static let maximumDocumentBytes = 32 * 1024 * 1024

    let settings: ExchangeSettings
    let transport: any ModelTransport
    let clock: TurnClock
    /// Random numbers in 0..<1.
    let jitter: @Sendable () -> Double
    let logger: Logger
    fileprivate let pacer = StreamPacer()

    /// One answer of `endpoint`, as ``ModelClient/stream(_:)`` promises it.
    func stream(_ request: ModelRequest, of endpoint: some ModelEndpoint) -> AsyncThrowingStream<ModelEvent, any Error>
    {
        ModelEventChannel.streamOnLoop { channel in
            try await Answering(exchange: self, request: request, endpoint: endpoint, channel: channel).run()
        }
    }

    /// One small document, whatever its status is. Throws ``ModelError``.
    func document(_ request: TransportRequest, context: EndpointContext) async throws -> Document {
        do {
            let response = try await self.transport.send(request)
            let body = try await response.start(upTo: Self.maximumDocumentBytes)
            return Document(
                status: response.status, headers: response.headers, body: body,
                context: context.with(response.headers))
        } catch let error as HTTPClientError {
            try Task.checkCancellation()
            throw AttemptFailure(error, context: context, hasAnswer: false).error
        }
    }

    /// What a request for a document was answered.
    struct Document: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]
        let context: EndpointContext

        /// Why it is not what was asked for.
        var error: ModelError {
            EndpointFailure(body: self.body).modelError(status: self.status, context: self.context)
        }
    }
}

extension EndpointContext {
    /// With what the head of an answer tells.
    func with(_ headers: HTTPHeaders) -> EndpointContext {
        var context = self
        context.retryAfter = RetryAfter.read(headers, now: time(nil))
        let names = ["x-github-request-id", "x-copilot-service-request-id", "x-request-id"]
        context.requestID = names.lazy.compactMap { headers[$0] }.first.map { String($0.prefix(80)) }
        context.exceededLimit = headers["x-ratelimit-exceeded"].map { String($0.prefix(60)) }
        return context
    }

    /// What answers with something else than the API.
    var noAPI: ModelError {
        ModelError(
            .invalidResponse, "\(self.host) answers with something else than the API; check \(self.service.addressKey)."
        )
    }
}

// MARK: - Tries

/// The tries of one request.
private struct Answering<Endpoint: ModelEndpoint>: Sendable {
    let exchange: ModelExchange
    let request: ModelRequest
    let endpoint: Endpoint
    let channel: ModelEventChannel

    /// What the tries have got so far.
    struct Progress {
        /// A piece of the answer was handed on.
        var hasAnswer = false
        /// The request is made again by ourselves, after a try that failed.
        var isRepeat = false
        var mended: Set<Mend> = []
        /// What the last try knew about itself.
        var context = EndpointContext()
    }

    @Net func run() async throws {
        let deadline = self.exchange.clock.now + self.exchange.settings.turnTimeout
        var progress = Progress()
        var tries = 1
        while true {
            let failure: AttemptFailure
            do {
                try await self.attempt(until: deadline, &progress)
                return
            } catch let error as AttemptFailure {
                failure = error
            } catch let error as HTTPClientError {
                failure = AttemptFailure(error, context: progress.context, hasAnswer: progress.hasAnswer)
            }
            try Task.checkCancellation()
            self.log(failure, try: tries)
            guard !progress.hasAnswer, let reason = failure.retryReason,
                let delay = self.exchange.settings.retry.delay(
                    afterTry: tries, retryAfter: failure.error.retryAfter,
                    remaining: deadline - self.exchange.clock.now, jitter: self.exchange.jitter())
            else { throw failure.error }
            tries += 1
            progress.isRepeat = true
            try await self.channel.send(.waiting(RetryNotice(reason: reason, delay: delay, attempt: tries)))
            try await self.exchange.clock.sleep(for: delay)
        }
    }

    private func log(_ failure: AttemptFailure, try number: Int) {
        self.exchange.logger.info(
            "a try failed",
            [
                "try": .integer(Int64(number)), "code": .string(failure.error.code.rawValue),
                "reason": .string(failure.error.message),
            ])
    }

    @Net private func attempt(until deadline: Duration, _ progress: inout Progress) async throws {
        while true {
            let prepared = try await self.prepare(until: deadline, progress)
            progress.context = prepared.context
            let response = try await self.exchange.transport.send(prepared.request)
            let context = prepared.context.with(response.headers)
            progress.context = context
            self.endpoint.received(response.headers)
            if response.status == 200 {
                try await self.read(response, as: prepared.format, context: context, &progress)
                return
            }
            let refusal = EndpointRefusal(
                status: response.status, headers: response.headers, body: try await response.start(upTo: 64 * 1024))
            // Each mending gives something up or is remembered, so this ends.
            if try await prepared.mend(refusal, &progress.mended) { continue }
            throw AttemptFailure(
                EndpointFailure(body: refusal.body).modelError(status: refusal.status, context: context))
        }
    }

    @Net private func prepare(until deadline: Duration, _ progress: Progress) async throws -> PreparedRequest {
        let timeout = max(.milliseconds(1), deadline - self.exchange.clock.now)
        do {
            return try await self.endpoint.prepare(self.request, isRepeat: progress.isRepeat, timeout: timeout)
        } catch let error as ModelError {
            // A sign-in that fails for a passing reason is waited for like the endpoint itself.
            let passes = error.code == .unavailable || error.code == .unreachable || error.code == .rateLimited
            throw AttemptFailure(error, retryReason: passes ? "GitHub gives no token at the moment" : nil)
        }
    }
}

// MARK: - Reading

extension Answering {
    @Net private func read(
        _ response: TransportResponse, as format: AnswerFormat, context: EndpointContext, _ progress: inout Progress
    ) async throws {
        switch format {
        case .chatCompletions:
            var decoder = ChatCompletionStream(context: context)
            try await self.read(response, by: &decoder, context: context, &progress)
        case .responses:
            var decoder = ResponsesStream(context: context)
            try await self.read(response, by: &decoder, context: context, &progress)
        }
    }

    @Net private func read(
        _ response: TransportResponse, by decoder: inout some AnswerDecoder, context: EndpointContext,
        _ progress: inout Progress
    ) async throws {
        let type = response.headers["content-type"]?.lowercased() ?? ""
        if type.hasPrefix("text/html") { throw AttemptFailure(context.noAPI) }
        if type.hasPrefix("application/json") {
            try await self.readWhole(response, by: &decoder, context: context, &progress)
        } else {
            try await self.readStream(response, by: &decoder, context: context, &progress)
        }
    }

    @Net private func readStream(
        _ response: TransportResponse, by decoder: inout some AnswerDecoder, context: EndpointContext,
        _ progress: inout Progress
    ) async throws {
        var parser = ServerSentEventParser(maximumEventBytes: ModelExchange.eventLimit)
        var hasEvents = false
        var start: [UInt8] = []
        let group = self.exchange.pacer.enter()
        defer { self.exchange.pacer.leave() }
        do {
            while !decoder.isDone, let bytes = try await response.next() {
                if !hasEvents { start += bytes.prefix(64 * 1024 - start.count) }
                let events = try parser.parse(bytes)
                if !events.isEmpty { hasEvents = true }
                try await self.pass(events, through: &decoder, &progress)
                if progress.hasAnswer, !decoder.isDone { try await self.exchange.pacer.pause(group) }
            }
        } catch is ServerSentEventParser.TooLong {
            throw AttemptFailure(context.noAPI)
        } catch let error as ModelError {
            progress.hasAnswer = decoder.hasAnswer
            throw AttemptFailure(error)
        } catch let error as HTTPClientError {
            // What breaks behind the finish reason harms nobody.
            guard decoder.isWhole else {
                progress.hasAnswer = decoder.hasAnswer
                throw error
            }
        }
        progress.hasAnswer = decoder.hasAnswer
        if !hasEvents, start.contains(where: { $0 > 0x20 }), start.first != UInt8(ascii: ":") {
            throw AttemptFailure(context.noAPI)  // words, but no event stream
        }
        if decoder.isDone { self.drain(response) }
        try await self.end(&decoder)
    }

    /// Hands on together what came together, also what came before a failure.
    @Net private func pass(
        _ events: [ServerSentEvent], through decoder: inout some AnswerDecoder, _ progress: inout Progress
    ) async throws {
        var pieces: [ModelEvent] = []
        var failure: (any Error)?
        do {
            for event in events {
                let isSmall = event.bytes.count < 64 * 1024
                pieces += isSmall ? try decoder.receive(event.bytes) : try await receiveApart(event.bytes, by: &decoder)
            }
        } catch {
            failure = error
        }
        progress.hasAnswer = decoder.hasAnswer
        try await self.channel.send(contentsOf: pieces)
        if let failure { throw failure }
    }

    /// The answer of an endpoint that does not stream.
    @Net private func readWhole(
        _ response: TransportResponse, by decoder: inout some AnswerDecoder, context: EndpointContext,
        _ progress: inout Progress
    ) async throws {
        let body = try await response.start(upTo: ModelExchange.eventLimit)
        do {
            let pieces = try await receiveApart(body, by: &decoder)
            progress.hasAnswer = decoder.hasAnswer
            try await self.channel.send(contentsOf: pieces)
        } catch let error as ModelError {
            throw AttemptFailure(error)
        }
        guard decoder.isWhole else { throw AttemptFailure(context.noAPI) }
        try await self.end(&decoder)
    }

    @Net private func end(_ decoder: inout some AnswerDecoder) async throws {
        let events: [ModelEvent]
        do {
            events = try decoder.end()
        } catch {
            throw AttemptFailure(error)
        }
        try await self.channel.send(contentsOf: events)
    }

    /// Reads what is behind the end mark, so that the connection can be used again; nobody should wait for it.
    private func drain(_ response: TransportResponse) {
        // Ends by the request's own timeouts; not a child, because the answer is complete without it.
        Task(name: "drain") { _ = try? await response.start(upTo: 64 * 1024) }
    }
}

/// Off the loop, for what takes longer than everybody there should wait.
@concurrent private func receiveApart<Decoder: AnswerDecoder>(
    _ bytes: [UInt8], by decoder: inout Decoder
) async throws -> [ModelEvent] {
    try decoder.receive(bytes)
}
