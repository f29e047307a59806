package import HTTP
package import Primitives

extension Configuration {
    package struct Copilot: Sendable, Equatable {
        /// The device flow.
        package var githubURL: HTTPURL
        /// Token exchange, user, quota.
        package var apiURL: HTTPURL
        /// The app that `jetbridge login` signs in to; nil where none is registered.
        package var clientID: String?
        /// A GitHub token to be used instead of looking for one.
        package var token: Secret?
        /// Which product asks; GitHub knows the ones that it takes.
        package var integrationID: String
        /// The editor and version that go with the integration id, `name/1.2.3`.
        package var editorVersion: String
        /// The Copilot CLI's executable.
        package var cli: String
        /// How many of it run at once.
        package var cliProcesses: Int

        init(_ section: Section) {
            self.githubURL = section.read("github_url", default: "https://github.com".url) { $0.url() }
            self.apiURL = section.read("api_url", default: Self.api(of: self.githubURL)) { $0.url() }
            self.clientID = section.optional("client_id") { $0.string() }
            self.token = section.optional("token") { $0.secret() }
            self.integrationID = section.read("integration_id", default: "vscode-chat") { $0.string() }
            self.editorVersion = section.read("editor_version", default: "vscode/1.104.1") { $0.string() }
            if self.editorVersion.split(separator: "/", omittingEmptySubsequences: false).count != 2 {
                section.error("editor_version has the form name/1.2.3")
            }
            self.cli = section.read("cli", default: "copilot") { $0.string() }
            self.cliProcesses = section.read("cli_processes", default: 4) { $0.integer(in: 1...256) }
            for (key, url) in [("github_url", self.githubURL), ("api_url", self.apiURL)]
            where !url.isSecure && !url.isLoopback {
                section.error("\(key) is plain HTTP to another machine, which shows tokens to everybody; use https://")
            }
        }

        /// Where a GitHub has its API: github.com and its tenants beside them, a stand-in on this machine within.
        private static func api(of github: HTTPURL) -> HTTPURL {
            if github.isLoopback { return github }
            let port = github.port.map { ":\($0)" } ?? ""
            return "\(github.scheme)://api.\(github.host)\(port)".url
        }
    }
}
