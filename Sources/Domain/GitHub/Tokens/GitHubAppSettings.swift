package import Primitives

/// A GitHub App that acts for the host.
package struct GitHubAppSettings: Sendable, Hashable {
    /// Its id or client id, which GitHub both accepts as the issuer.
    package let appID: String
    /// PEM, PKCS #1 or PKCS #8, as GitHub hands it out.
    package let privateKey: Secret
    /// The installations of repositories' owners, in lower case; others are asked for.
    package var installations: [String: Int64]
    /// What its tokens may do: `contents: write`. Empty for everything that the installation allows.
    package var permissions: [String: String]

    package static let usualPermissions = [
        "contents": "write", "pull_requests": "write", "issues": "write", "checks": "read", "statuses": "read",
        "actions": "write", "metadata": "read",
    ]

    package init(
        appID: String, privateKey: Secret, installations: [String: Int64] = [:], permissions: [String: String] = [:]
    ) {
        self.appID = appID
        self.privateKey = privateKey
        self.installations = installations
        self.permissions = permissions
    }
}
