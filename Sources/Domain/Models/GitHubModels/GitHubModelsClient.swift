internal import EventLoop
package import HTTP
package import Logging

/// The GitHub Models API at a configured address. The public service was shut down; others may serve its API.
///
/// Chats are OpenAI's, under `/inference`; models come from `/catalog/models`, with the limits of their tier.
package final class GitHubModelsClient: ModelClient {
    package let provider = "github-models"
    package var defaultModel: String { self.endpoint.settings.defaultModel }

    private let endpoint: ChatCompletionsEndpoint

    /// - Parameters:
    ///   - settings: the base URL is the API's root, before `/inference` and `/catalog`; one that ends in `/inference`
    ///     works as well.
    ///   - jitter: random numbers in 0..<1.
    package init(
        _ settings: OpenAISettings, transport: any ModelTransport, clock: ModelClock = .continuous,
        jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }, logger: Logger
    ) {
        var settings = settings
        var path = settings.baseURL.path
        if path.hasSuffix("/") { path.removeLast() }
        if path.hasSuffix("/inference") { path.removeLast("/inference".count) }
        settings.baseURL.path = path
        self.endpoint = ChatCompletionsEndpoint(
            settings, service: .gitHubModels(in: settings.section), path: "inference/chat/completions",
            documentType: "application/vnd.github+json", extraHeaders: ["X-GitHub-Api-Version": "2022-11-28"],
            exchange: ModelExchange(
                settings: settings.exchange, transport: transport, clock: clock, jitter: jitter, logger: logger))
    }

    package func models() async throws -> [ModelInfo] {
        try self.refuseShutdown()
        return try await self.endpoint.models(at: "catalog/models", parse: GitHubModelsCatalog.parse)
    }

    package func check() async throws {
        _ = try await self.models()
    }

    package func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        self.endpoint.exchange.stream(request, of: self)
    }

    package func quota() async throws -> ModelQuota? { self.endpoint.quota }

    /// Sends nothing, least of all a token, to the hosts of the service that was shut down.
    private func refuseShutdown() throws(ModelError) {
        if GitHubModelsShutdown.isPublic(self.endpoint.settings.baseURL.host) { throw GitHubModelsShutdown.error() }
    }
}

extension GitHubModelsClient: ModelEndpoint {
    @Net package func prepare(
        _ request: ModelRequest, isRepeat: Bool, timeout: Duration
    ) async throws -> PreparedRequest {
        try self.refuseShutdown()
        return try await self.endpoint.prepare(request, isRepeat: isRepeat, timeout: timeout)
    }

    package func received(_ headers: HTTPHeaders) { self.endpoint.received(headers) }

    package var providerName: String { "github.models" }
}
