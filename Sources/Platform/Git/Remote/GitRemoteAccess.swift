/// How a server knows this host.
package enum GitRemoteAccess: Sendable {
    case none
    /// Asked before the first request of a transfer with nil, and once more with the credential that the server has just
    /// refused (401). Nil: without one.
    case http(@Sendable (_ refused: GitCredential?) async throws -> GitCredential?)
    case ssh(GitSSHKey)
}
