package import Copilot
internal import HTTPClient
package import Logging
package import Models

/// Sets up the Copilot sign-in as configured.
package enum SignInSetup {
    /// GitHub's addresses, and the folder for stored tokens: `data_dir/copilot`.
    package static func settings(for configuration: Configuration) -> SignInSettings {
        let copilot = configuration.copilot
        return SignInSettings(
            githubURL: copilot.githubURL, apiURL: copilot.apiURL, clientID: copilot.clientID, token: copilot.token,
            folder: "\(configuration.dataDirectory)/copilot", userAgent: Release.userAgent)
    }

    package static func discovery(
        for configuration: Configuration, surroundings: Surroundings = .ofProcess()
    ) -> SignInDiscovery {
        SignInDiscovery(
            self.settings(for: configuration), environment: surroundings.environment,
            commandLine: GitHubCommandLine(environment: surroundings.environment))
    }

    /// The account that provides tokens. Run it as a service so that it exchanges tokens ahead of need, or else
    /// `close()` it at the end.
    package static func account(
        for configuration: Configuration, surroundings: Surroundings = .ofProcess(),
        logger: Logger = Logger(label: "copilot")
    ) -> CopilotAccount {
        CopilotAccount(
            self.discovery(for: configuration, surroundings: surroundings),
            transport: self.transport(for: configuration), logger: logger)
    }

    /// The client for GitHub.
    package static func transport(for configuration: Configuration) -> any ModelTransport {
        // An enterprise's private authority also signs its GitHub's certificate.
        let caFile = configuration.providers.first { $0.provider == .copilot }?.caFile
        return HTTPClient(HTTPClientSettings(caFile: caFile))
    }
}

extension HTTPClientSettings {
    /// For a server that may be self-hosted.
    init(caFile: String?, allowsPlainHTTP: Bool = false) {
        self.init()
        self.caFile = caFile
        self.allowsPlainHTTP = allowsPlainHTTP
        self.userAgent = Release.userAgent
    }
}
