/// Something on GitHub that a thread was told.
package struct GitHubNewsRow: Sendable, Hashable {
    package enum State: String, Sendable {
        /// Nobody has answered it.
        case open
        case answered
    }

    package let session: String
    /// Identifies what happened, whether a webhook or polling reported it.
    package let key: String
    package let kind: String
    /// The commit that it is about.
    package let sha: String?
    /// JSON.
    package let item: String
    package var state: State
    /// Milliseconds since 1970.
    package let createdAt: Int64

    package init(
        session: String, key: String, kind: String, sha: String?, item: String, state: State = .open, createdAt: Int64
    ) {
        self.session = session
        self.key = key
        self.kind = kind
        self.sha = sha
        self.item = item
        self.state = state
        self.createdAt = createdAt
    }
}
