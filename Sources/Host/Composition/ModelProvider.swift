internal import Copilot
internal import HTTP
internal import HTTPClient
internal import Logging

/// Makes the model client that the configuration names.
enum ModelProvider {
    static func client(for configuration: Configuration, logger: Logger) throws(HostError) -> any ModelClient {
        let model = configuration.model
        switch model.provider {
        case .rehearsal:
            return RehearsalModel()
        case .openai:
            return Self.openAI(model, logger: logger)
        case .copilot, .copilotCLI, .githubModels:
            throw HostError(
                "the model provider '\(model.provider.rawValue)' is not part of this release. "
                    + "Set model.provider to openai or rehearsal.")
        }
    }

    private static func openAI(_ model: Configuration.Model, logger: Logger) -> any ModelClient {
        var settings = HTTPClientSettings()
        settings.caFile = model.caFile
        settings.allowsPlainHTTP = model.allowsPlainHTTP
        settings.userAgent = "jetbridge/\(Release.version)"
        let openAI = OpenAISettings(
            baseURL: model.baseURL, apiKey: model.apiKey, defaultModel: model.name, turnTimeout: model.turnTimeout,
            idleTimeout: model.timeout)
        return OpenAIClient(openAI, transport: HTTPClient(settings), logger: logger)
    }
}
