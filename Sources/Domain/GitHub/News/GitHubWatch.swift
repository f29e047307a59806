/// A branch on GitHub that a thread works on.
package struct GitHubWatch: Sendable, Hashable {
    package let session: String
    /// The name in the configuration.
    package let repository: String
    package let branch: String
    /// The number of its pull request.
    package var pull: Int?
    /// The branch's last commit that was seen on GitHub.
    package var head: String?
    /// Milliseconds since 1970. What is older is not news.
    package let createdAt: Int64
    /// When somebody last wrote in the thread or something happened on GitHub, in milliseconds since 1970.
    package var activeAt: Int64

    package init(
        session: String, repository: String, branch: String, pull: Int? = nil, head: String? = nil, createdAt: Int64,
        activeAt: Int64
    ) {
        self.session = session
        self.repository = repository
        self.branch = branch
        self.pull = pull
        self.head = head
        self.createdAt = createdAt
        self.activeAt = activeAt
    }
}
