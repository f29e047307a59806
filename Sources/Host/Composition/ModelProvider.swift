internal import Copilot
internal import HTTPClient
internal import Lifecycle
internal import Logging
package import Models

/// Makes the configured model client.
package enum ModelProvider {
    static func client(for configuration: Configuration, logger: Logger) -> any ModelClient {
        let model = configuration.model
        switch model.provider {
        case .rehearsal:
            return RehearsalModel()
        case .openai:
            return Self.openAI(model, logger: logger)
        case .githubModels:
            return GitHubModelsClient(Self.settings(model), transport: Self.transport(model), logger: logger)
        case .copilotCLI:
            return CopilotCLISetup.client(for: configuration, logger: Logger(label: "copilot-cli"))
        case .copilot:
            return Self.copilot(configuration, logger: logger)
        }
    }

    /// Lets a command use the configured provider once.
    package static func asking<Answer: Sendable>(
        _ configuration: Configuration, _ ask: (any ModelClient) async throws -> Answer
    ) async throws -> Answer {
        let client = Self.client(for: configuration, logger: Logger(label: "model"))
        do {
            let answer = try await ask(client)
            await Self.close(client)
            return answer
        } catch {
            await Self.close(client)
            throw error
        }
    }

    /// Stops what the client has started, for a command that uses it only once.
    private static func close(_ client: any ModelClient) async {
        if let service = client as? any Service { await service.stop() }
    }

    static func openAI(_ model: Configuration.Model, logger: Logger) -> any ModelClient {
        OpenAIClient(Self.settings(model), transport: Self.transport(model), logger: logger)
    }

    private static func settings(_ model: Configuration.Model) -> OpenAISettings {
        OpenAISettings(
            baseURL: model.baseURL, apiKey: model.apiKey, defaultModel: model.name, exchange: Self.exchange(model))
    }

    private static func exchange(_ model: Configuration.Model) -> ExchangeSettings {
        ExchangeSettings(turnTimeout: model.turnTimeout, idleTimeout: model.timeout)
    }

    static func transportSettings(_ model: Configuration.Model) -> HTTPClientSettings {
        HTTPClientSettings(caFile: model.caFile, allowsPlainHTTP: model.allowsPlainHTTP)
    }

    private static func transport(_ model: Configuration.Model) -> HTTPClient {
        HTTPClient(Self.transportSettings(model))
    }

    /// The Copilot API with the account's tokens. GitHub reports the remaining allowance for the same sign-in.
    private static func copilot(_ configuration: Configuration, logger: Logger) -> SignedInCopilot {
        let copilot = configuration.copilot
        let model = configuration.model
        let settings = CopilotSettings(
            integrationID: copilot.integrationID, editorVersion: copilot.editorVersion,
            pluginVersion: "jetbridge/\(Release.version)", gitHubAPIURL: copilot.apiURL, defaultModel: model.name,
            exchange: Self.exchange(model))
        let account = SignInSetup.account(for: configuration)
        let client = CopilotClient(
            settings, source: account, gitHub: account, transport: Self.transport(model), logger: logger)
        return SignedInCopilot(client, account: account)
    }
}

/// The Copilot API with its signed-in account; as a service it keeps the token fresh.
final class SignedInCopilot: ModelClient, Service {
    let name = "copilot-account"

    private let client: CopilotClient
    /// Shared with the mounted proxy.
    let account: CopilotAccount

    init(_ client: CopilotClient, account: CopilotAccount) {
        self.client = client
        self.account = account
    }

    var provider: String { self.client.provider }
    var defaultModel: String { self.client.defaultModel }

    func models() async throws -> [ModelInfo] { try await self.client.models() }
    func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> { self.client.stream(request) }
    func check() async throws { try await self.client.check() }
    func quota() async throws -> ModelQuota? { try await self.client.quota() }

    func run() async throws { try await self.account.run() }

    /// Leaves no lock, watch or timer behind, even if it never ran as a service.
    func stop() async {
        await self.account.stop()
        await self.account.close()
    }
}
