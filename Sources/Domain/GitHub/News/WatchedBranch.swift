/// A branch on GitHub that a thread works on, with what is known about it.
package struct WatchedBranch: Sendable, Hashable {
    package let session: String
    /// `owner/name`.
    package let repository: GitHubRepositoryName
    package let branch: String
    package var pull: Int?
    package var head: String?
    /// Earlier events are not news. In milliseconds since 1970.
    package let since: Int64

    package init(
        session: String, repository: GitHubRepositoryName, branch: String, pull: Int? = nil, head: String? = nil,
        since: Int64
    ) {
        self.session = session
        self.repository = repository
        self.branch = branch
        self.pull = pull
        self.head = head
        self.since = since
    }
}
