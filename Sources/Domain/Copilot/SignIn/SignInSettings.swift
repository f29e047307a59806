package import HTTP
package import Primitives

/// Where GitHub is and what Jetbridge calls itself there.
package struct SignInSettings: Sendable {
    /// Where people sign in: the device flow, and the name under which other programs keep their sign-ins.
    package var githubURL: HTTPURL
    /// Token exchange and account.
    package var apiURL: HTTPURL
    /// The OAuth or GitHub App that `jetbridge login` signs in to; nil where none is registered.
    package var clientID: String?
    /// A token that the configuration names; nothing else is looked for then.
    package var token: Secret?
    /// Jetbridge's own folder for its login, the exchanged token and its lock; 0700.
    package var folder: String
    /// `User-Agent`, and as `name/x.y.z` also `Editor-Version`.
    package var userAgent: String

    package init(
        githubURL: HTTPURL, apiURL: HTTPURL, clientID: String? = nil, token: Secret? = nil, folder: String,
        userAgent: String
    ) {
        self.githubURL = githubURL
        self.apiURL = apiURL
        self.clientID = clientID
        self.token = token
        self.folder = folder
        self.userAgent = userAgent
    }

    var loginPath: String { "\(self.folder)/login.json" }
    var tokenPath: String { "\(self.folder)/token.json" }
    var lockPath: String { "\(self.folder)/token.lock" }

    /// The names under which sign-ins at this GitHub are kept by other programs. A stand-in on this machine stands for
    /// github.com.
    var hostNames: [String] {
        let names = [self.githubURL.authority, self.githubURL.host]
        let all = names[0] == names[1] ? [names[0]] : names
        return self.githubURL.isLoopback ? all + ["github.com"] : all
    }

    /// Whether `GH_TOKEN` and `GITHUB_TOKEN` are meant for this GitHub: they are for github.com and its tenants, those
    /// with ENTERPRISE in their name for other servers (the GitHub CLI's rule).
    var usesPublicVariables: Bool {
        let host = self.githubURL.host
        return host == "github.com" || host.hasSuffix(".ghe.com") || self.githubURL.isLoopback
    }
}
