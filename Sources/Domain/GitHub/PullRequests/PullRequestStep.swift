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

/// What a person typed after `pr`: `draft`, a title, or both.
package struct PullRequestWish: Sendable, Hashable {
    package let isDraft: Bool
    /// Nil for the feature's title.
    package let title: String?

    package init(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        let isDraft = words.first?.lowercased() == "draft"
        let title = words.dropFirst(isDraft ? 1 : 0).joined(separator: " ")
        self.isDraft = isDraft
        self.title = title.isEmpty ? nil : title
    }
}
