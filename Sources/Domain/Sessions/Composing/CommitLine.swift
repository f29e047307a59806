package import Chat

/// The line that shows a commit in a thread: short hash, subject, diffstat, link.
package enum CommitLine {
    /// Markdown.
    ///
    /// - Parameter cost: What its turn has cost so far, in words.
    package static func text(for commit: CommitNotice, pages: RepositoryPages, cost: String? = nil) -> String {
        let files = commit.files == 1 ? "1 file changed" : "\(commit.files) files changed"
        return "`\(commit.sha.prefix(7))` \(EscapedText.markdown(commit.subject)) (\(files), +\(commit.additions) "
            + "−\(commit.deletions)\(cost.map { "; \($0)" } ?? "")) \(pages.commit(commit.sha, of: commit.repository, on: commit.branch))"
    }
}
