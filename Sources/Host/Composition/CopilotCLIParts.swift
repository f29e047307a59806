internal import Copilot
internal import HTTP
internal import Lifecycle
internal import Logging
internal import Primitives

/// The Copilot CLI as the configuration wants it.
enum CopilotCLIParts {
    /// Where its processes have their homes, below the data directory.
    private static let folder = "copilot-cli"

    static func client(
        for configuration: Configuration, surroundings: Surroundings = .ofProcess(), logger: Logger
    ) -> CopilotCLIClient {
        let model = configuration.model
        var settings = CopilotCLISettings(
            executable: configuration.copilot.cli, directory: "\(configuration.dataDirectory)/\(Self.folder)",
            defaultModel: model.name, processes: configuration.copilot.cliProcesses,
            environment: Self.environment(configuration.copilot, surroundings), idleTimeout: model.timeout,
            turnTimeout: model.turnTimeout)
        let discovery = SignInParts.discovery(for: configuration, surroundings: surroundings)
        settings.token = { try await Self.token(discovery) }
        guard model.hasBaseURL else { return CopilotCLIClient(settings, logger: logger) }
        settings.endpoint = CopilotCLIEndpoint(baseURL: model.baseURL, apiKey: model.apiKey)
        let endpoint = ModelProvider.openAI(model, logger: logger)
        return CopilotCLIClient(settings, endpointModels: { try await endpoint.models() }, logger: logger)
    }

    /// What the CLI may see of our own environment, and where GitHub is when that is not github.com.
    private static func environment(
        _ copilot: Configuration.Copilot, _ surroundings: Surroundings
    ) -> [String: String] {
        var environment = surroundings.environment.filter { CopilotCLILaunch.inherited.contains($0.key) }
        // A stand-in on this machine; its own words for another GitHub are its host's name.
        if copilot.apiURL.isLoopback, environment["COPILOT_DEBUG_GITHUB_API_URL"] == nil {
            environment["COPILOT_DEBUG_GITHUB_API_URL"] = Self.withoutSlash(copilot.apiURL.description)
        }
        let host = copilot.githubURL.host
        if host != "github.com", !copilot.githubURL.isLoopback, environment["COPILOT_GH_HOST"] == nil {
            environment["COPILOT_GH_HOST"] = host
        }
        return environment
    }

    /// The strongest sign-in that the CLI takes: it needs no exchange, so fine-grained and installation tokens do too. One
    /// that was named for this purpose is given to it even if it does not, so that people hear of it.
    @concurrent private static func token(_ discovery: SignInDiscovery) async throws -> Secret? {
        for finding in discovery.findings() {
            guard let token = finding.token else { continue }
            if Self.isTaken(token) || finding.isBinding { return token.value }
        }
        return try await discovery.commandLineFinding()?.token.flatMap { Self.isTaken($0) ? $0.value : nil }
    }

    private static func isTaken(_ token: GitHubToken) -> Bool {
        switch token.kind {
        case .oauthApp, .appUser, .fineGrained, .installation: true
        case .classic, .early: false
        }
    }

    private static func withoutSlash(_ url: String) -> String { url.hasSuffix("/") ? String(url.dropLast()) : url }
}
