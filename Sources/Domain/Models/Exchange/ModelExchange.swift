internal import EventLoop
package import HTTP
internal import HTTPClient
internal import JSON
package import Logging

/// How patient an exchange is.
package struct ExchangeSettings: Sendable {
    /// The time limit for one answer, including waits and retries.
    package var turnTimeout: Duration
    /// How long the endpoint may be silent, before and between words. Reasoning models think for a long time.
    package var idleTimeout: Duration
    package var retry: RetryPolicy

    package init(
        turnTimeout: Duration = .seconds(600), idleTimeout: Duration = .seconds(120), retry: RetryPolicy = RetryPolicy()
    ) {
        self.turnTimeout = turnTimeout
        self.idleTimeout = idleTimeout
        self.retry = retry
    }
}

/// Requests, retries and streams, the same for every provider over HTTP.
///
/// Retries a request only before the first piece of the answer, when the endpoint asks for it; a later failure is for
/// the turn to report.
package struct ModelExchange: Sendable {
    /// In bytes. Endpoints that stream badly send whole answers as one event.
    fileprivate static let eventLimit = 8 * 1024 * 1024
    /// An aggregator's model list can be several megabytes.
    private static let maximumDocumentBytes = 32 * 1024 * 1024

    let settings: ExchangeSettings
    let transport: any ModelTransport
    package let clock: TurnClock
    let jitter: @Sendable () -> Double
    let logger: Logger
    fileprivate let pacer = StreamPacer()

    /// - Parameter jitter: random numbers in 0..<1.
    package init(
        settings: ExchangeSettings, transport: any ModelTransport, clock: TurnClock,
        jitter: @escaping @Sendable () -> Double, logger: Logger
    ) {
        self.settings = settings
        self.transport = transport
        self.clock = clock
        self.jitter = jitter
        self.logger = logger
    }

    package func stream(
        _ request: ModelRequest, of endpoint: some ModelEndpoint
    ) -> AsyncThrowingStream<ModelEvent, any Error> {
        ModelEventChannel.streamOnLoop { channel in
            try await Answering(exchange: self, request: request, endpoint: endpoint, channel: channel).run()
        }
    }

    /// One small document, whatever its status. Throws ``ModelError``.
    package func document(_ request: TransportRequest, context: EndpointContext) async throws -> Document {
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

    /// The response to a request for a document.
    package struct Document: Sendable {
        package let status: Int
        package let headers: HTTPHeaders
        package let body: [UInt8]
        package let context: EndpointContext

        /// The error of a status other than 200.
        package var error: ModelError {
            EndpointFailure(body: self.body).modelError(status: self.status, context: self.context)
        }
    }
}

// MARK: - Tries

/// The tries of one request.
private struct Answering<Endpoint: ModelEndpoint>: Sendable {
    let exchange: ModelExchange
    let request: ModelRequest
    let endpoint: Endpoint
    let channel: ModelEventChannel

    /// The state of the tries so far.
    struct Progress {
        /// A piece of the answer was forwarded.
        var hasAnswer = false
        /// The request is an automatic retry after a failed attempt.
        var isRepeat = false
        var recoveries: Set<PreparedRequest.Recovery> = []
        /// The context of the last try.
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
            "model request failed",
            [
                "try": .integer(Int64(number)), "code": .string(failure.error.code.rawValue),
                "reason": .string(failure.error.message),
            ])
    }

    @Net private func attempt(until deadline: Duration, _ progress: inout Progress) async throws {
        // Two steps, so that the request's memory is free while the answer is read.
        let (response, format) = try await self.send(until: deadline, &progress)
        try await self.read(response, as: format, context: progress.context, &progress)
    }

    @inline(never)
    @Net private func send(
        until deadline: Duration, _ progress: inout Progress
    ) async throws -> (TransportResponse, PreparedRequest.AnswerFormat) {
        while true {
            let prepared = try await self.prepare(until: deadline, progress)
            progress.context = prepared.context
            let response = try await self.exchange.transport.send(prepared.request)
            let context = prepared.context.with(response.headers)
            progress.context = context
            self.endpoint.received(response.headers)
            if response.status == 200 { return (response, prepared.format) }
            let refusal = EndpointRefusal(
                status: response.status, body: try await response.start(upTo: 64 * 1024))
            // Each recovery gives something up or is remembered, so this ends.
            if try await prepared.recover(refusal, &progress.recoveries) { continue }
            throw AttemptFailure(
                EndpointFailure(body: refusal.body).modelError(status: refusal.status, context: context))
        }
    }

    @Net private func prepare(until deadline: Duration, _ progress: Progress) async throws -> PreparedRequest {
        let timeout = max(.milliseconds(1), deadline - self.exchange.clock.now)
        do {
            return try await self.endpoint.prepare(self.request, isRepeat: progress.isRepeat, timeout: timeout)
        } catch let error as ModelError {
            throw AttemptFailure(error, retryReason: nil)
        }
    }
}

// MARK: - Reading

extension Answering {
    @Net private func read(
        _ response: TransportResponse, as format: PreparedRequest.AnswerFormat, context: EndpointContext,
        _ progress: inout Progress
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

    // Not inlined, so that a waiting task has the memory of one format only.
    @inline(never)
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
        } catch let error as ServerSentEventParser.TooLong {
            progress.hasAnswer = decoder.hasAnswer
            throw AttemptFailure(context.tooLarge(limit: error.limit, hasAnswer: decoder.hasAnswer))
        } catch let error as ModelError {
            progress.hasAnswer = decoder.hasAnswer
            throw AttemptFailure(error)
        } catch let error as HTTPClientError {
            // A failure after the finish reason is harmless.
            guard decoder.isWhole else {
                progress.hasAnswer = decoder.hasAnswer
                throw error
            }
        }
        progress.hasAnswer = decoder.hasAnswer
        if !hasEvents, start.contains(where: { $0 > 0x20 }), start.first != UInt8(ascii: ":") {
            throw AttemptFailure(context.noAPI)  // Text, but not an event stream.
        }
        if decoder.isDone { self.drain(response) }
        try await self.end(&decoder)
    }

    /// Sends the events that arrived together as one batch, including those before a failure.
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

    /// Reads the answer of an endpoint that does not stream.
    @Net private func readWhole(
        _ response: TransportResponse, by decoder: inout some AnswerDecoder, context: EndpointContext,
        _ progress: inout Progress
    ) async throws {
        let limit = ModelExchange.eventLimit
        let body = try await response.start(upTo: limit + 1)
        guard body.count <= limit else { throw AttemptFailure(context.tooLarge(limit: limit, hasAnswer: false)) }
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

    /// Reads what follows the end mark, so that the connection can be reused.
    private func drain(_ response: TransportResponse) {
        // Ends by the request's own timeouts. Unstructured, because the answer is complete without it.
        Task(name: "drain") { _ = try? await response.start(upTo: 64 * 1024) }
    }
}

/// Decodes off the loop, for bodies that would block it for too long.
@concurrent private func receiveApart<Decoder: AnswerDecoder>(
    _ bytes: [UInt8], by decoder: inout Decoder
) async throws -> [ModelEvent] {
    try decoder.receive(bytes)
}
