package import Chat
package import Git

/// The commit of a turn.
package struct MadeCommit: Sendable, Hashable {
    package let repository: String
    package let id: GitObjectID
    package let branch: String
    package let subject: String
    /// Without lines once the budget of several commits is spent.
    package let stat: GitStat
    /// The paths of the documents that it changes; see ``Document/isShown(_:)``.
    package let documents: [String]

    /// Reads the commit and what it changes. Throws ``GitError/Code/tooLarge`` for more than can be shown.
    package init(
        _ id: GitObjectID, on branch: String, of repository: String, _ git: GitRepository,
        within budget: GitStatBudget = GitStatBudget()
    ) async throws {
        (self.repository, self.id, self.branch) = (repository, id, branch)
        self.subject = try await git.commit(id).subject
        let stat = try await git.stat(of: id, within: budget)
        let paths = try await git.paths(changedBy: id)
        self.stat = stat ?? GitStat(files: paths.count, additions: 0, deletions: 0)
        self.documents = paths.filter(Document.isShown)
    }

    /// A commit that changes more than can be shown.
    init(tooLarge id: GitObjectID, on branch: String, of repository: String, _ git: GitRepository) async throws {
        (self.repository, self.id, self.branch) = (repository, id, branch)
        self.subject = try await git.commit(id).subject
        self.stat = GitStat(files: 0, additions: 0, deletions: 0)
        self.documents = []
    }

    package var notice: CommitNotice {
        CommitNotice(
            repository: self.repository, sha: self.id.hex, branch: self.branch, subject: self.subject,
            files: self.stat.files, additions: self.stat.additions, deletions: self.stat.deletions,
            documents: self.documents)
    }
}
