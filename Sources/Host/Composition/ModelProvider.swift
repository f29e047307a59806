internal import Audit
internal import Chat
internal import Copilot
internal import HTTPClient
internal import JSON
internal import Lifecycle
internal import Logging
package import Models

/// Makes the configured model client.
package enum ModelProvider {
    /// - Parameter audit: Records that a model may not get the data of a class.
    static func client(
        for configuration: Configuration, audit: (any AuditRecorder)? = nil, logger: Logger
    ) -> any ModelClient {
        let model = configuration.model
        let classes = configuration.dataClasses
        guard !configuration.models.isEmpty || !model.fallbacks.isEmpty || !classes.isEmpty else {
            return Self.client(model, of: configuration, logger)
        }
        let sources = configuration.providers.map { model in
            let client = Self.client(model, of: configuration, logger)
            let catalog = ModelCatalog(client, contextTokens: model.contextTokens, takesImages: model.images)
            return ModelRouter.Source(id: model.id, client, catalog: catalog, classes: Set(model.classes))
        }
        let rule = DataRule(classes) { turn, model, origins in
            try? await audit?.record(.dataRefused(origins, to: ["model": .string(model)], for: turn))
        }
        // Alone, the rehearsal takes any name for its own.
        let isRehearsal = model.isProvider && model.provider == .rehearsal && !model.name.hasPrefix("rehearsal")
        return ModelRouter(
            sources, default: isRehearsal ? model.provider.rawValue : model.name, fallbacks: model.fallbacks,
            rule: classes.isEmpty ? nil : rule)
    }

    private static func client(
        _ model: Configuration.Model, of configuration: Configuration, _ logger: Logger
    ) -> any ModelClient {
        switch model.provider {
        case .rehearsal:
            return RehearsalModel()
        case .openai:
            return Self.openAI(model, logger: logger)
        case .githubModels:
            return OpenAIClient(
                Self.settings(model).forGitHubModels, provider: model.provider.rawValue,
                transport: Self.transport(model), logger: logger)
        case .copilotCLI:
            return CopilotCLISetup.client(for: configuration, logger: Logger(label: "copilot-cli"))
        case .copilot:
            return Self.copilot(model, of: configuration, logger: logger)
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
        for case let service as any Service in client.parts { await service.stop() }
    }

    static func openAI(_ model: Configuration.Model, logger: Logger) -> any ModelClient {
        OpenAIClient(Self.settings(model), transport: Self.transport(model), logger: logger)
    }

    private static func settings(_ model: Configuration.Model) -> OpenAISettings {
        OpenAISettings(
            baseURL: model.baseURL, apiKey: model.apiKey, defaultModel: model.name, exchange: Self.exchange(model),
            section: model.section)
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
    private static func copilot(
        _ model: Configuration.Model, of configuration: Configuration, logger: Logger
    ) -> SignedInCopilot {
        let copilot = configuration.copilot
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
