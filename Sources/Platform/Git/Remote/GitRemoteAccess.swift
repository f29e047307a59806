package import Primitives

/// A user and token for a Git server over HTTPS.
package struct GitCredential: Sendable, Hashable {
    /// `x-access-token` for GitHub's tokens.
    package let user: String
    package let secret: Secret

    package init(user: String, secret: Secret) {
        self.user = user
        self.secret = secret
    }
}

/// How this host authenticates to a server.
package enum GitRemoteAccess: Sendable {
    case none
    /// Called with nil before a transfer's first request, and once more with a credential that the server has just
    /// refused (401). Nil sends none.
    case http(@Sendable (_ refused: GitCredential?) async throws -> GitCredential?)
    case ssh(GitSSHKey)
}

/// A key file for SSH, and the file of the servers' keys.
package struct GitSSHKey: Sendable, Hashable {
    package let privateKeyPath: String
    package let passphrase: Secret?
    /// In the format of OpenSSH; see known_hosts in sshd(8). A server whose key is not in it is refused.
    package let knownHostsPath: String

    package init(privateKeyPath: String, passphrase: Secret? = nil, knownHostsPath: String) {
        self.privateKeyPath = privateKeyPath
        self.passphrase = passphrase
        self.knownHostsPath = knownHostsPath
    }
}

/// A server's repository and how it is reached.
struct GitServer: Sendable {
    let url: GitRemoteURL
    let access: GitRemoteAccess
    /// Nil for a server that is not reached over HTTP.
    let session: GitHTTPSession?
    /// What libgit2 connects to.
    let address: String
}
