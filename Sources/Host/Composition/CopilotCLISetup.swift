internal import Copilot
internal import HTTP
internal import HTTPClient
internal import Logging
internal import Models
internal import Primitives
internal import Turns
internal import Work

/// Sets up the Copilot CLI as configured.
enum CopilotCLISetup {
    /// The home folders of its processes, below the data directory.
    private static let folder = "copilot-cli"

    static func client(
        for configuration: Configuration, surroundings: Surroundings = .ofProcess(), logger: Logger
    ) -> CopilotCLIClient {
        let settings = Self.settings(for: configuration, surroundings: surroundings)
        guard settings.endpoint != nil else { return CopilotCLIClient(settings, logger: logger) }
        let endpoint = ModelProvider.openAI(configuration.model(of: .copilotCLI), logger: logger)
        return CopilotCLIClient(settings, endpointModels: { try await endpoint.models() }, logger: logger)
    }

    /// Nil where the CLI only talks.
    static func agents(
        for configuration: Configuration, model: any ModelClient, shells: CommandShells
    ) async throws -> CopilotCLIAgents? {
        guard let model = model.parts.first(where: { $0 is CopilotCLIClient }) else { return nil }
        return CopilotCLIAgents(
            Self.settings(for: configuration), api: configuration.copilot.apiURL,
            transport: ModelProvider.transportSettings(configuration.model(of: .copilotCLI)), model: model,
            jails: try await shells.found().jails)
    }

    static func settings(
        for configuration: Configuration, surroundings: Surroundings = .ofProcess()
    ) -> CopilotCLISettings {
        let model = configuration.model(of: .copilotCLI)
        var settings = CopilotCLISettings(
            executable: configuration.copilot.cli, directory: "\(configuration.dataDirectory)/\(Self.folder)",
            defaultModel: model.name, processes: configuration.copilot.cliProcesses,
            environment: Self.environment(configuration.copilot, surroundings), idleTimeout: model.timeout,
            turnTimeout: model.turnTimeout)
        let discovery = SignInSetup.discovery(for: configuration, surroundings: surroundings)
        settings.token = { try await Self.token(discovery) }
        if model.hasBaseURL {
            settings.endpoint = CopilotCLIEndpoint(baseURL: model.baseURL, apiKey: model.apiKey)
        }
        return settings
    }

    /// The inherited variables that the CLI may see, plus GitHub's location if it is not github.com.
    private static func environment(
        _ copilot: Configuration.Copilot, _ surroundings: Surroundings
    ) -> [String: String] {
        var environment = surroundings.environment.filter { CopilotCLILaunch.inherited.contains($0.key) }
        // The debug variable is for a stand-in on this machine; for any other GitHub the CLI takes a host name.
        if copilot.apiURL.isLoopback, environment["COPILOT_DEBUG_GITHUB_API_URL"] == nil {
            environment["COPILOT_DEBUG_GITHUB_API_URL"] = copilot.apiURL.base
        }
        let host = copilot.githubURL.host
        if host != "github.com", !copilot.githubURL.isLoopback, environment["COPILOT_GH_HOST"] == nil {
            environment["COPILOT_GH_HOST"] = host
        }
        return environment
    }

    /// The first sign-in that the CLI accepts. It exchanges no token, so fine-grained and installation tokens work too.
    /// A binding sign-in is passed on even if the CLI rejects it, so that people see the error.
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
        case .classic, .refresh, .early: false
        }
    }
}
