/// What to do about a branch's pull request. Pure.
package enum PullRequestStep: Sendable, Hashable {
    case update(GitHubPullRequest)
    case open
    /// The last one was merged or closed, and the branch has no newer commit.
    case ended(GitHubPullRequest)

    /// - Parameters:
    ///   - open: the branch's open pull request.
    ///   - last: its last one that was merged or closed.
    ///   - head: the branch's newest commit.
    package init(open: GitHubPullRequest?, last: GitHubPullRequest?, head: String) {
        if let open {
            self = .update(open)
        } else if let last, last.head.commit == head {
            self = .ended(last)
        } else {
            self = .open
        }
    }
}
