/// A server's repository and how it is reached.
struct GitServer: Sendable {
    let url: GitRemoteURL
    let access: GitRemoteAccess
    /// Nil for a server that is not reached over HTTP.
    let session: GitHTTPSession?
    /// What libgit2 connects to.
    let address: String
}
