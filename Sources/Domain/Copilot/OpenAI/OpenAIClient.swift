internal import EventLoop
internal import HTTP
package import Logging
internal import Primitives

/// Any endpoint that speaks OpenAI's chat completions.
///
/// Parameters that an endpoint refuses are left out, and that is remembered.
package final class OpenAIClient: ModelClient {
    package let provider: String
    package var defaultModel: String { self.settings.defaultModel }

    private let settings: OpenAISettings
    private let exchange: ModelExchange
    private let dialects: DialectMemory
    private let limits = RateLimitMemory()

    /// - Parameter jitter: random numbers in 0..<1.
    package init(
        _ settings: OpenAISettings, provider: String = "openai", transport: any ModelTransport,
        clock: TurnClock = .continuous, jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        logger: Logger
    ) {
        self.settings = settings
        self.provider = provider
        self.exchange = ModelExchange(
            settings: ExchangeSettings(
                turnTimeout: settings.turnTimeout, idleTimeout: settings.idleTimeout, retry: settings.retry),
            transport: transport, clock: clock, jitter: jitter, logger: logger)
        self.dialects = DialectMemory(OpenAIDialect(host: settings.baseURL.host))
    }

    package func models() async throws -> [ModelInfo] {
        let document = try await self.exchange.document(
            self.request(.get, "models", timeout: .seconds(30)), context: self.context())
        guard document.status == 200 else { throw document.error }
        guard let models = OpenAIModelList.parse(document.body) else { throw document.context.noAPI }
        return models
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
        self.exchange.stream(request, of: self)
    }

    /// The request limits that the last answers told, if any did.
    package func quota() async throws -> ModelQuota? {
        let limits = self.limits.limits
        return limits.isEmpty ? nil : ModelQuota(rateLimits: limits)
    }
}

extension OpenAIClient: ModelEndpoint {
    @Net func prepare(
        _ request: ModelRequest, isRepeat: Bool, timeout: Duration
    ) async throws -> PreparedRequest {
        let model = request.model ?? self.defaultModel
        let dialect = self.dialects.dialect(of: model)
        return PreparedRequest(
            request: self.request(
                .post, "chat/completions", body: dialect.body(request, model: model), timeout: timeout),
            context: self.context(model: model), format: .chatCompletions,
            mend: { refusal, _ in self.dialects.adapt(dialect, of: model, to: refusal) })
    }

    func received(_ headers: HTTPHeaders) { self.limits.receive(headers) }

    private func request(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, timeout: Duration
    ) -> TransportRequest {
        var headers: HTTPHeaders = [
            "Accept": body == nil ? "application/json" : "text/event-stream, application/json"
        ]
        if body != nil { headers.append("Content-Type", "application/json") }
        if let key = self.settings.apiKey, !key.isEmpty { headers.append("Authorization", "Bearer \(key.reveal())") }
        return TransportRequest(
            method, self.settings.baseURL.adding(path: path), headers: headers, body: body,
            idleTimeout: min(self.settings.idleTimeout, timeout), totalTimeout: timeout)
    }

    private func context(model: String? = nil) -> EndpointContext {
        EndpointContext(
            host: self.settings.baseURL.authority, model: model ?? self.defaultModel,
            hasKey: self.settings.apiKey.map { !$0.isEmpty } ?? false)
    }
}
