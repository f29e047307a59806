package import HTTP
package import Primitives

extension Configuration {
    // Change: GitHub Enterprise's addresses, sign-ins and variables
    package struct Copilot: Sendable, Equatable {
        /// For the device flow.
        package var githubURL: HTTPURL
        /// For token exchange, user and quota.
        package var apiURL: HTTPURL
        /// The app that `jetbridge login` signs in to.
        package var clientID: String?
        /// A GitHub token to use instead of searching for a sign-in.
        package var token: Secret?
        /// The client product as GitHub knows it; GitHub accepts only known ones.
        package var integrationID: String
        /// The editor and version that match the integration id, `name/1.2.3`.
        package var editorVersion: String
        /// The Copilot CLI's executable.
        package var cli: String
        /// The maximum number of CLI processes at once.
        package var cliProcesses: Int

        init(_ section: Section) {
            self.githubURL = section.read("github_url", default: "https://github.com".url) { $0.url() }
            self.apiURL = section.read("api_url", default: Self.api(of: self.githubURL)) { $0.url() }
            self.clientID = section.optional("client_id") { $0.string() }
            self.token = section.optional("token") { $0.secret() }
            self.integrationID = section.read("integration_id", default: "vscode-chat") { $0.string() }
            self.editorVersion = section.read("editor_version", default: "vscode/1.104.1") { $0.string() }
            if self.editorVersion.split(separator: "/", omittingEmptySubsequences: false).count != 2 {
                section.error("editor_version must have the form name/1.2.3")
            }
            self.cli = section.read("cli", default: "copilot") { $0.string() }
            self.cliProcesses = section.read("cli_processes", default: 4) { $0.integer(in: 1...256) }
            for (key, url) in [("github_url", self.githubURL), ("api_url", self.apiURL)]
            where !url.isSecure && !url.isLoopback {
                section.error("\(key) would send tokens to another machine unencrypted; use https://")
            }
        }

        /// The API of a GitHub: `api.` before the host of github.com or a tenant; the same URL for a stand-in on this
        /// machine.
        private static func api(of github: HTTPURL) -> HTTPURL {
            if github.isLoopback { return github }
            let port = github.port.map { ":\($0)" } ?? ""
            return "\(github.scheme)://api.\(github.host)\(port)".url
        }
    }
}
