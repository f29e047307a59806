package import HTTP
package import Primitives

/// Where GitHub is, and how Jetbridge identifies itself there.
package struct SignInSettings: Sendable {
    /// Where people sign in: the device flow, and the name under which other programs store their sign-ins.
    package var githubURL: HTTPURL
    /// Token exchange and account.
    package var apiURL: HTTPURL
    /// The OAuth or GitHub App for `jetbridge login`; nil where none is registered.
    package var clientID: String?
    /// A token from the configuration, which disables every other source.
    package var token: Secret?
    /// The secrets of apps with which people sign in on a page: GitHub renews such sign-ins only with them.
    package var clientSecrets: [String: Secret] = [:]
    /// Jetbridge's folder for its login, the exchanged token and its lock; mode 0700.
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

    /// The names under which other programs store sign-ins to this GitHub. A stand-in on loopback counts as github.com.
    var hostNames: [String] {
        let names = [self.githubURL.authority, self.githubURL.host]
        let all = names[0] == names[1] ? [names[0]] : names
        return self.githubURL.isLoopback ? all + ["github.com"] : all
    }

    // Change: GitHub Enterprise's addresses, sign-ins and variables
    /// Whether `GH_TOKEN` and `GITHUB_TOKEN` apply to this GitHub: they are for github.com and its tenants, those with
    /// ENTERPRISE in their names for other servers (the GitHub CLI's rule).
    var usesPublicVariables: Bool {
        let host = self.githubURL.host
        return host == "github.com" || host.hasSuffix(".ghe.com") || self.githubURL.isLoopback
    }
}
