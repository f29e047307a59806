package import HTTP

extension Configuration {
    package struct Copilot: Sendable, Equatable {
        /// The device flow.
        package var githubURL: HTTPURL
        /// Token exchange, user, quota.
        package var apiURL: HTTPURL
        package var integrationID: String
        /// The Copilot CLI's executable.
        package var cli: String
        /// How many of it run at once.
        package var cliProcesses: Int

        init(_ section: Section) {
            self.githubURL = section.read("github_url", default: "https://github.com".url) { $0.url() }
            self.apiURL = section.read("api_url", default: "https://api.github.com".url) { $0.url() }
            self.integrationID = section.read("integration_id", default: "vscode-chat") { $0.string() }
            self.cli = section.read("cli", default: "copilot") { $0.string() }
            self.cliProcesses = section.read("cli_processes", default: 4) { $0.integer(in: 1...256) }
        }
    }
}
