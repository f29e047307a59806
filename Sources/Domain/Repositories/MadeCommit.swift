package import Chat
package import Git

/// The commit of a turn.
package struct MadeCommit: Sendable, Hashable {
    package let repository: String
    package let id: GitObjectID
    package let branch: String
    package let subject: String
    package let stat: GitStat

    package var notice: CommitNotice {
        CommitNotice(
            repository: self.repository, sha: self.id.hex, branch: self.branch, subject: self.subject,
            files: self.stat.files, additions: self.stat.additions, deletions: self.stat.deletions)
    }
}
