package import Logging

/// Any endpoint that speaks OpenAI's chat completions. Remembers parameters that the endpoint refuses and omits them.
package final class OpenAIClient: ModelClient {
    package let provider: String
    package var defaultModel: String { self.endpoint.settings.defaultModel }

    private let endpoint: ChatCompletionsEndpoint

    /// - Parameter jitter: random numbers in 0..<1.
    package init(
        _ settings: OpenAISettings, provider: String = "openai", transport: any ModelTransport,
        clock: ModelClock = .continuous, jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        logger: Logger
    ) {
        self.provider = provider
        self.endpoint = ChatCompletionsEndpoint(
            settings,
            exchange: ModelExchange(
                settings: settings.exchange, transport: transport, clock: clock, jitter: jitter, logger: logger))
    }

    package func models() async throws -> [ModelInfo] {
        try await self.endpoint.models()
    }

    package func check() async throws {
        do {
            _ = try await self.models()
        } catch let error as ModelError where error.status == 404 || error.status == 405 {
            // Not every endpoint lists its models; a one-word answer proves as much.
            let request = ModelRequest(messages: [ModelMessage(.user, "Say: ok")], outputLimit: 16)
            for try await _ in self.stream(request) {}
        }
    }

    package func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        self.endpoint.exchange.stream(request, of: self.endpoint)
    }

    package func quota() async throws -> ModelQuota? { self.endpoint.quota }
}
