package import Git

/// What became of a branch that was to be merged.
package enum MergeOutcome: Sendable, Equatable {
    /// - Parameters:
    ///   - commits: How many the branch brought, as far as they were counted: up to ``mostCounted``.
    ///   - isForward: Whether the base branch moved to the other one's commit, without one of its own.
    case merged(MadeCommit, commits: Int, isForward: Bool)
    /// The base branch has everything of it.
    case contained
    /// The paths that both have changed in different ways, sorted. The base branch stays as it is, at `head`.
    case conflict([String], head: GitObjectID)

    package static let mostCounted = 1_000
}

extension LocalRepository {
    /// Merges a branch into the base branch, which moves to it where that is enough. If others move the base branch
    /// meanwhile, what they did is merged too. Throws ``RepositoryError``.
    package nonisolated func merge(
        _ branch: String, author: GitSignature, turn: String
    ) async throws -> MergeOutcome {
        try await self.call { git in
            guard let theirs = try await git.tip(of: branch) else {
                throw GitError(.notFound, "it does not exist: `repo branches` lists them")
            }
            let base = try await self.base().name
            do {
                return try await self.waiting {
                    try await self.repeating(whileMoving: base, [.conflict]) {
                        try await self.merge(theirs, of: branch, into: base, author, turn, git)
                    }
                }
            } catch let error as GitError where error.code == .locked || error.code == .dirtyWorkTree {
                throw await self.explain(error, base, git, then: "`merge`")
            }
        }
    }

    private nonisolated func merge(
        _ theirs: GitObjectID, of branch: String, into base: String, _ author: GitSignature, _ turn: String,
        _ git: GitRepository
    ) async throws -> MergeOutcome {
        guard let head = try await git.tip(of: base) else {
            throw GitError(.failed, "the branch \(base) does not exist any more: check the configuration")
        }
        if try await git.isAncestor(theirs, of: head) { return .contained }
        guard let common = try await git.mergeBase(head, theirs) else {
            throw GitError(.failed, "it has no commit in common with \(base)")
        }
        let commits = try await git.log(from: theirs, without: head, limit: MergeOutcome.mostCounted).count
        let merged = try await git.merge(head, with: theirs, base: common)
        guard let tree = merged.tree else { return .conflict(merged.conflicts.map(\.path), head: head) }
        let change = GitChange(
            files: [:], branch: base, base: .at(head), author: author, committer: self.committer,
            message: "Merge branch '\(branch)'", trailers: [Self.trailer(turn)])
        let id = try await git.merge(theirs, tree: tree, as: change)
        let made: MadeCommit
        do {
            made = try await MadeCommit(id, on: base, of: self.name, git)
        } catch let error as GitError where error.code == .tooLarge {
            // The branch has moved, whatever can be shown of it.
            made = try await MadeCommit(tooLarge: id, on: base, of: self.name, git)
        }
        return .merged(made, commits: commits, isForward: id == theirs)
    }
}
