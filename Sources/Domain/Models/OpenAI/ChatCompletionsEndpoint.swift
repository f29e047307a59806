internal import EventLoop
internal import HTTP
internal import Logging
internal import Primitives

/// An endpoint with OpenAI's chat completions: its requests, its dialects and the rate limits it reports.
final class ChatCompletionsEndpoint: ModelEndpoint {
    let settings: OpenAISettings
    let exchange: ModelExchange

    private let dialects: DialectMemory
    private let limits = RateLimitMemory()

    init(_ settings: OpenAISettings, exchange: ModelExchange) {
        self.settings = settings
        self.exchange = exchange
        self.dialects = DialectMemory(OpenAIDialect(host: settings.baseURL.host))
    }

    /// Throws ``ModelError``.
    func models() async throws -> [ModelInfo] {
        try self.settings.refuseShutdown()
        let document = try await self.exchange.document(
            self.request(.get, self.settings.paths.models, timeout: .seconds(30)), context: self.context())
        guard document.status == 200 else { throw document.error }
        guard let models = OpenAIModelList.parse(document.body) else { throw document.context.noAPI }
        return models
    }

    /// The rate limits that the last responses reported; nil if none did.
    var quota: ModelQuota? {
        let limits = self.limits.limits
        return limits.isEmpty ? nil : ModelQuota(rateLimits: limits)
    }

    @Net func prepare(
        _ request: ModelRequest, isRepeat: Bool, timeout: Duration
    ) async throws -> PreparedRequest {
        try self.settings.refuseShutdown()
        let model = request.model ?? self.settings.defaultModel
        let dialect = self.dialects.dialect(of: model)
        let request = self.dialects.withoutRefusedImages(request, for: model)
        return PreparedRequest(
            request: self.request(
                .post, self.settings.paths.chats, body: dialect.body(request, model: model), timeout: timeout),
            context: self.context(model: model), format: .chatCompletions,
            recover: { refusal, _ in
                self.dialects.adapt(dialect, of: model, to: refusal)
                    || self.dialects.giveUpImages(of: request, for: model, after: refusal)
            })
    }

    func received(_ headers: HTTPHeaders) { self.limits.receive(headers) }

    var providerName: String { "openai" }

    private func request(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, timeout: Duration
    ) -> TransportRequest {
        var headers = HTTPHeaders()
        headers["Accept"] = body == nil ? "application/json" : "text/event-stream, application/json"
        if body != nil { headers.append("Content-Type", "application/json") }
        if let key = self.settings.apiKey, !key.isEmpty { headers.append("Authorization", "Bearer \(key.reveal())") }
        return TransportRequest(
            method, self.settings.baseURL.adding(path: path), headers: headers, body: body,
            idleTimeout: min(self.settings.exchange.idleTimeout, timeout), totalTimeout: timeout)
    }

    private func context(model: String? = nil) -> EndpointContext {
        EndpointContext(
            service: .openAI(in: self.settings.section, advice: self.settings.paths.advice),
            section: self.settings.section, host: self.settings.baseURL.authority,
            model: model ?? self.settings.defaultModel, hasKey: self.settings.apiKey.map { !$0.isEmpty } ?? false)
    }
}
