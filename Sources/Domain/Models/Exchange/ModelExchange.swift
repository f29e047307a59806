internal import EventLoop
package import HTTP
internal import HTTPClient
internal import JSON
package import Logging
internal import Primitives
internal import Telemetry

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
package final class ModelExchange: Sendable {
    /// In bytes. Endpoints that stream badly send whole answers as one event.
    fileprivate static let eventLimit = 8 * 1024 * 1024
    /// An aggregator's model list can be several megabytes.
    private static let maximumDocumentBytes = 32 * 1024 * 1024

    let settings: ExchangeSettings
    let transport: any ModelTransport
    package let clock: ModelClock
    let jitter: @Sendable () -> Double
    let logger: Logger
    fileprivate let pacer = StreamPacer()

    /// - Parameter jitter: random numbers in 0..<1.
    package init(
        settings: ExchangeSettings, transport: any ModelTransport, clock: ModelClock,
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
            try await traced("chat" + (request.model.map { " \($0)" } ?? ""), .client) { span in
                let trace = span.map { ModelSpan($0, request, provider: endpoint.providerName) }
                try await Answering(
                    exchange: self, request: request, endpoint: endpoint, channel: channel, trace: trace
                ).run()
            }
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

/// The tries of one request. A class, because each of its functions would have copies of a structure while it waits.
@Net private final class Answering<Endpoint: ModelEndpoint> {
    let exchange: ModelExchange
    let request: ModelRequest
    let endpoint: Endpoint
    let channel: ModelEventChannel
    let trace: ModelSpan?

    /// A piece of the answer was forwarded.
    var hasAnswer = false
    /// The request is an automatic retry after a failed attempt.
    var isRepeat = false
    var recoveries: Set<PreparedRequest.Recovery> = []
    /// The context of the last try.
    var context = EndpointContext()
    private var parser = ServerSentEventParser(maximumEventBytes: ModelExchange.eventLimit)
    private var decoder: any AnswerDecoder = ChatCompletionStream(context: EndpointContext())
    private var hasEvents = false
    /// What came before the first event, at most 64 KB.
    private var start: [UInt8] = []

    init(
        exchange: ModelExchange, request: ModelRequest, endpoint: Endpoint, channel: ModelEventChannel,
        trace: ModelSpan?
    ) {
        self.trace = trace
        self.exchange = exchange
        self.request = request
        self.endpoint = endpoint
        self.channel = channel
    }

    func run() async throws {
        let deadline = self.exchange.clock.now + self.exchange.settings.turnTimeout
        var tries = 1
        while true {
            do {
                return try await self.attempt(until: deadline)
            } catch {
                try await self.wait(after: error, try: tries, until: deadline)
            }
            tries += 1
        }
    }

    /// Waits until the next try is due; throws the failure if the request may not be repeated.
    @inline(never)
    private func wait(after error: any Error, try number: Int, until deadline: Duration) async throws {
        let failure: AttemptFailure
        switch error {
        case let error as AttemptFailure: failure = error
        case let error as HTTPClientError:
            failure = AttemptFailure(error, context: self.context, hasAnswer: self.hasAnswer)
        default: throw error
        }
        try Task.checkCancellation()
        self.log(failure, try: number)
        guard !self.hasAnswer, let reason = failure.retryReason,
            let delay = self.exchange.settings.retry.delay(
                afterTry: number, retryAfter: failure.error.retryAfter,
                remaining: deadline - self.exchange.clock.now, jitter: self.exchange.jitter())
        else { throw failure.error }
        self.isRepeat = true
        self.trace?.set("jetbridge.retries", JSON(number))
        try await self.channel.send(.waiting(RetryNotice(reason: reason, delay: delay, attempt: number + 1)))
        try await self.exchange.clock.sleep(for: delay)
    }

    private func log(_ failure: AttemptFailure, try number: Int) {
        let fields: JSONObject = [
            "try": .integer(Int64(number)), "code": .string(failure.error.code.rawValue),
            "reason": .string(failure.error.message),
        ]
        // An endpoint that loses parts of answers needs somebody's attention; most other failures pass by themselves.
        if failure.error.code == .malformed {
            self.exchange.logger.warning("the model's stream contained a malformed event", fields)
        } else {
            self.exchange.logger.info("model request failed", fields)
        }
    }

    private func attempt(until deadline: Duration) async throws {
        // Apart, so that the request's memory is free while the answer is read.
        let (response, format) = try await runApart { @Net in try await self.send(until: deadline) }
        try await self.read(response, as: format)
    }

    private func send(until deadline: Duration) async throws -> (TransportResponse, PreparedRequest.AnswerFormat) {
        while true {
            var prepared = try await self.prepare(until: deadline)
            self.context = prepared.context
            self.trace?.begin(&prepared.request)
            let response = try await self.exchange.transport.send(prepared.request)
            let context = prepared.context.with(response.headers)
            self.context = context
            self.endpoint.received(response.headers)
            if response.status == 200 { return (response, prepared.format) }
            let refusal = EndpointRefusal(
                status: response.status, body: try await response.start(upTo: 64 * 1024))
            // Each recovery gives something up or is remembered, so this ends.
            var recoveries = self.recoveries
            let hasRecovered = try await prepared.recover(refusal, &recoveries)
            self.recoveries = recoveries
            if hasRecovered { continue }
            throw AttemptFailure(
                EndpointFailure(body: refusal.body).modelError(status: refusal.status, context: context))
        }
    }

    private func prepare(until deadline: Duration) async throws -> PreparedRequest {
        let timeout = max(.milliseconds(1), deadline - self.exchange.clock.now)
        do {
            return try await self.endpoint.prepare(self.request, isRepeat: self.isRepeat, timeout: timeout)
        } catch let error as ModelError {
            throw AttemptFailure(error, retryReason: nil)
        }
    }
}

// MARK: - Reading

extension Answering {
    private func read(_ response: TransportResponse, as format: PreparedRequest.AnswerFormat) async throws {
        if try self.begin(response, as: format) {
            try await self.readStream(response)
        } else {
            try await self.readWhole(response)
        }
    }

    /// Prepares the decoder, and returns whether the answer is a stream.
    @inline(never)
    private func begin(_ response: TransportResponse, as format: PreparedRequest.AnswerFormat) throws -> Bool {
        // An earlier try may have left half an event.
        self.parser = ServerSentEventParser(maximumEventBytes: ModelExchange.eventLimit)
        self.hasEvents = false
        self.start = []
        self.decoder =
            switch format {
            case .chatCompletions: ChatCompletionStream(context: self.context)
            case .responses: ResponsesStream(context: self.context)
            }
        let type = response.headers["content-type"]?.lowercased() ?? ""
        if type.hasPrefix("text/html") { throw AttemptFailure(self.context.noAPI) }
        return !type.hasPrefix("application/json")
    }

    // Apart from what comes before and after: an answer is waited for with the memory of all functions around it.
    @inline(never)
    private func readStream(_ response: TransportResponse) async throws {
        let group = self.exchange.pacer.enter()
        defer { self.exchange.pacer.leave() }
        do {
            while !self.decoder.isDone, let bytes = try await response.next() {
                try await self.take(bytes)
                if self.hasAnswer, !self.decoder.isDone { try await self.exchange.pacer.pause(group) }
            }
        } catch {
            try self.settle(error)
        }
        try await self.endStream(response)
    }

    @inline(never)
    private func take(_ bytes: [UInt8]) async throws {
        if !self.hasEvents { self.start += bytes.prefix(64 * 1024 - self.start.count) }
        let events = try self.parser.parse(bytes)
        if !events.isEmpty, !self.hasEvents {
            self.hasEvents = true
            self.start = []
        }
        try await self.pass(events)
    }

    /// Throws the error as an attempt's failure; not after the finish reason, when a failure is harmless.
    private func settle(_ error: any Error) throws {
        self.hasAnswer = self.decoder.hasAnswer
        switch error {
        case let error as ServerSentEventParser.TooLong:
            throw AttemptFailure(self.context.tooLarge(limit: error.limit, hasAnswer: self.hasAnswer))
        case let error as ModelError: throw AttemptFailure(error)
        case is HTTPClientError where self.decoder.isWhole: break
        default: throw error
        }
    }

    @inline(never)
    private func endStream(_ response: TransportResponse) async throws {
        self.hasAnswer = self.decoder.hasAnswer
        if !self.hasEvents, self.start.contains(where: { $0 > 0x20 }), self.start.first != UInt8(ascii: ":") {
            throw AttemptFailure(self.context.noAPI)  // Text, but not an event stream.
        }
        if self.decoder.isDone { self.drain(response) }
        try await self.end()
    }

    /// Sends the events that arrived together as one batch, including those before a failure.
    private func pass(_ events: [ServerSentEvent]) async throws {
        var pieces: [ModelEvent] = []
        var failure: (any Error)?
        do {
            for event in events {
                let isSmall = event.bytes.count < 64 * 1024
                pieces += isSmall ? try self.decoder.receive(event.bytes) : try await self.receiveApart(event.bytes)
            }
        } catch {
            failure = error
        }
        self.hasAnswer = self.decoder.hasAnswer
        self.trace?.note(pieces)
        try await self.channel.send(contentsOf: pieces)
        if let failure { throw failure }
    }

    /// Reads the answer of an endpoint that does not stream.
    @inline(never)
    private func readWhole(_ response: TransportResponse) async throws {
        let limit = ModelExchange.eventLimit
        let body = try await response.start(upTo: limit + 1)
        guard body.count <= limit else { throw AttemptFailure(self.context.tooLarge(limit: limit, hasAnswer: false)) }
        do {
            let pieces = try await self.receiveApart(body)
            self.hasAnswer = self.decoder.hasAnswer
            self.trace?.note(pieces)
            try await self.channel.send(contentsOf: pieces)
        } catch let error as ModelError {
            throw AttemptFailure(error)
        }
        guard self.decoder.isWhole else { throw AttemptFailure(self.context.noAPI) }
        try await self.end()
    }

    /// Decodes off the loop, for bodies that would block it for too long.
    private func receiveApart(_ bytes: [UInt8]) async throws -> [ModelEvent] {
        let (decoder, result) = await decodedApart(bytes, by: self.decoder)
        self.decoder = decoder
        return try result.get()
    }

    private func end() async throws {
        let events: [ModelEvent]
        do {
            events = try self.decoder.end()
        } catch {
            throw AttemptFailure(error)
        }
        self.trace?.note(events)
        try await self.channel.send(contentsOf: events)
    }

    /// Reads what follows the end mark, so that the connection can be reused.
    private func drain(_ response: TransportResponse) {
        // Ends by the request's own timeouts. Unstructured, because the answer is complete without it.
        Task(name: "drain") { _ = try? await response.start(upTo: 64 * 1024) }
    }
}

@concurrent private func decodedApart(
    _ bytes: [UInt8], by decoder: any AnswerDecoder
) async -> (any AnswerDecoder, Result<[ModelEvent], any Error>) {
    var decoder = decoder
    let result = Result { try decoder.receive(bytes) }
    return (decoder, result)
}
