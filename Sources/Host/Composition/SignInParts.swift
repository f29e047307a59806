package import Copilot
internal import HTTPClient
package import Logging

/// The Copilot sign-in that the configuration describes.
package enum SignInParts {
    /// Where GitHub is, and the folder for what is kept: `data_dir/copilot`.
    package static func settings(for configuration: Configuration) -> SignInSettings {
        let copilot = configuration.copilot
        return SignInSettings(
            githubURL: copilot.githubURL, apiURL: copilot.apiURL, clientID: copilot.clientID, token: copilot.token,
            folder: "\(configuration.dataDirectory)/copilot", userAgent: "jetbridge/\(Release.version)")
    }

    /// What finds the sign-ins that are there.
    package static func discovery(
        for configuration: Configuration, surroundings: Surroundings = .ofProcess()
    ) -> SignInDiscovery {
        SignInDiscovery(
            self.settings(for: configuration), environment: surroundings.environment,
            commandLine: GitHubCommandLine(environment: surroundings.environment))
    }

    /// The account that gives tokens. Run it as a service, so that tokens are exchanged ahead of need; without that,
    /// `close()` it at the end.
    package static func account(
        for configuration: Configuration, surroundings: Surroundings = .ofProcess(),
        logger: Logger = Logger(label: "copilot")
    ) -> CopilotAccount {
        CopilotAccount(
            self.discovery(for: configuration, surroundings: surroundings),
            transport: self.transport(for: configuration), logger: logger)
    }

    /// What speaks with GitHub.
    package static func transport(for configuration: Configuration) -> any ModelTransport {
        var settings = HTTPClientSettings()
        // An enterprise's own authority signs its GitHub too.
        if configuration.model.provider == .copilot { settings.caFile = configuration.model.caFile }
        settings.userAgent = "jetbridge/\(Release.version)"
        return HTTPClient(settings)
    }
}
