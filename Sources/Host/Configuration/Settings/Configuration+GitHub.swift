internal import Copilot
package import GitHub
package import HTTP
package import Primitives
internal import SignIn

extension Configuration {
    // Change: GitHub Enterprise's addresses, sign-ins and variables
    package struct GitHub: Sendable {
        package var apiURL: HTTPURL
        package var webURL: HTTPURL
        package var token: Secret?
        /// Signs the deliveries of the webhook; nil: there is no webhook, so watched branches are polled.
        package var webhookSecret: Secret?
        /// The GitHub App that acts for the host where it is installed.
        package var app: GitHubAppSettings?
        /// The app that people sign in to with `login`; nil for that of Copilot.
        package var clientID: String?

        init(_ section: Section) {
            self.apiURL = section.read("api_url", default: "https://api.github.com".url) { $0.url() }
            self.webURL = section.read("web_url", default: "https://github.com".url) { $0.url() }
            self.token = section.optional("token") { $0.secret() }
            self.webhookSecret = section.optional("webhook_secret") { $0.secret() }
            self.clientID = section.optional("client_id") { $0.string() }
            self.app = section.optional("app") { $0.section { GitHubAppSettings($0) } }
            for (key, url) in [("api_url", self.apiURL), ("web_url", self.webURL)] {
                if !url.isSecure, !url.isLoopback {
                    section.error("\(key) would send tokens to another machine unencrypted; use https://")
                }
                if url.query != nil { section.error("\(key) must end before its '?'") }
            }
        }
    }
}

extension Configuration {
    /// Where people sign in. The app is GitHub's own setting, else that of Copilot at the same GitHub.
    var peopleAtGitHub: SignInSettings {
        let shared = self.copilot.githubURL.origin == self.github.webURL.origin ? self.copilot.clientID : nil
        var settings = SignInSettings(
            githubURL: self.github.webURL, apiURL: self.github.apiURL, clientID: self.github.clientID ?? shared,
            folder: "\(self.dataDirectory)/github/people", userAgent: Release.userAgent)
        if let app = self.gateway.signIn.github { settings.clientSecrets[app.clientID] = app.clientSecret }
        return settings
    }
}

extension GitHubAppSettings {
    fileprivate init?(_ section: Section) {
        let id = section.required("id") { $0.string() }
        let key = section.required("private_key") { $0.secret() }
        guard let id, let key else { return nil }
        self.init(appID: id, privateKey: key, permissions: Self.usualPermissions)
    }
}
