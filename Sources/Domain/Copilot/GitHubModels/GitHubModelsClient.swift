internal import EventLoop
internal import HTTP
package import Logging
internal import Primitives

/// The GitHub Models API at a configured address. The public service was shut down; others may serve its API.
///
/// Chats are those of OpenAI under `/inference`; models come from `/catalog/models`, with the limits of their tier.
package final class GitHubModelsClient: ModelClient {
    /// The version of the API that is spoken.
    private static let apiVersion = "2022-11-28"

    package let provider = "github-models"
    package var defaultModel: String { self.settings.defaultModel }

    private let settings: OpenAISettings
    private let exchange: ModelExchange
    private let dialects: DialectMemory
    private let limits = RateLimitMemory()

    /// - Parameter settings: the address is the API's root, before `/inference` and `/catalog`; one that ends in
    ///   `/inference` is taken as well.
    package init(
        _ settings: OpenAISettings, transport: any ModelTransport, clock: TurnClock = .continuous,
        jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }, logger: Logger
    ) {
        var settings = settings
        var path = settings.baseURL.path
        if path.hasSuffix("/") { path.removeLast() }
        if path.hasSuffix("/inference") { path.removeLast("/inference".count) }
        settings.baseURL.path = path
        self.settings = settings
        self.exchange = ModelExchange(
            settings: ExchangeSettings(
                turnTimeout: settings.turnTimeout, idleTimeout: settings.idleTimeout, retry: settings.retry),
            transport: transport, clock: clock, jitter: jitter, logger: logger)
        self.dialects = DialectMemory(OpenAIDialect(host: settings.baseURL.host))
    }

    package func models() async throws -> [ModelInfo] {
        try self.refuseShutdown()
        let document = try await self.exchange.document(
            self.request(.get, "catalog/models", timeout: .seconds(30)), context: self.context())
        guard document.status == 200 else { throw document.error }
        guard let models = GitHubModelsCatalog.parse(document.body) else { throw document.context.noAPI }
        return models
    }

    package func check() async throws {
        _ = try await self.models()
    }

    package func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        self.exchange.stream(request, of: self)
    }

    package func quota() async throws -> ModelQuota? {
        let limits = self.limits.limits
        return limits.isEmpty ? nil : ModelQuota(rateLimits: limits)
    }

    /// Nothing is sent to the hosts that are no more: a token least of all.
    private func refuseShutdown() throws(ModelError) {
        if GitHubModelsShutdown.isPublic(self.settings.baseURL.host) { throw GitHubModelsShutdown.error() }
    }
}

extension GitHubModelsClient: ModelEndpoint {
    @Net func prepare(
        _ request: ModelRequest, isRepeat: Bool, timeout: Duration
    ) async throws -> PreparedRequest {
        try self.refuseShutdown()
        let model = request.model ?? self.defaultModel
        let dialect = self.dialects.dialect(of: model)
        return PreparedRequest(
            request: self.request(
                .post, "inference/chat/completions", body: dialect.body(request, model: model), timeout: timeout),
            context: self.context(model: model), format: .chatCompletions,
            mend: { refusal, _ in self.dialects.adapt(dialect, of: model, to: refusal) })
    }

    func received(_ headers: HTTPHeaders) { self.limits.receive(headers) }

    private func request(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, timeout: Duration
    ) -> TransportRequest {
        var headers: HTTPHeaders = [
            "Accept": body == nil ? "application/vnd.github+json" : "text/event-stream, application/json",
            "X-GitHub-Api-Version": Self.apiVersion,
        ]
        if body != nil { headers.append("Content-Type", "application/json") }
        if let key = self.settings.apiKey, !key.isEmpty { headers.append("Authorization", "Bearer \(key.reveal())") }
        return TransportRequest(
            method, self.settings.baseURL.adding(path: path), headers: headers, body: body,
            idleTimeout: min(self.settings.idleTimeout, timeout), totalTimeout: timeout)
    }

    private func context(model: String? = nil) -> EndpointContext {
        EndpointContext(
            service: .gitHubModels, host: self.settings.baseURL.authority, model: model ?? self.defaultModel,
            hasKey: self.settings.apiKey.map { !$0.isEmpty } ?? false)
    }
}
