package import Chat
internal import Primitives

// Change: what a commit's line shows
/// The line that shows a commit in a thread: short hash, subject, diffstat, link.
package enum CommitLine {
    /// Markdown.
    ///
    /// - Parameter cost: What its turn has cost so far, in words.
    package static func text(for commit: CommitNotice, pages: RepositoryPages, cost: String? = nil) -> String {
        let files = "\(commit.files.counted("file")) changed"
        return "`\(commit.sha.prefix(7))` \(EscapedText.markdown(commit.subject)) (\(files), +\(commit.additions) "
            + "−\(commit.deletions)\(cost.map { "; \($0)" } ?? "")) \(pages.commit(commit.sha, of: commit.repository, on: commit.branch))"
    }
}
