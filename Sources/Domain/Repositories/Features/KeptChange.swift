internal import Git

/// A change that is kept as a commit at a private reference: it cannot be committed on its branch yet.
///
/// The commit's tree has the documents, its parent is the commit that was read, and trailers have the rest.
struct KeptChange: Sendable {
    private static let branchKey = "Jetbridge-Branch"
    private static let theirsKey = "Jetbridge-Theirs"

    let commit: GitCommit
    let base: GitObjectID
    let turn: String
    let branch: String
    /// The branch's head that does not fit together with the change.
    let theirs: GitObjectID?

    /// Nil for a commit that is not a kept change.
    init?(_ commit: GitCommit) {
        func value(_ key: String) -> String? { commit.trailers.last { $0.key == key }?.value }
        guard let base = commit.parents.first, let branch = value(Self.branchKey),
            let turn = value(LocalRepository.turnKey)
        else { return nil }
        self.commit = commit
        self.base = base
        self.turn = turn
        self.branch = branch
        self.theirs = value(Self.theirsKey).flatMap { GitObjectID($0) }
    }

    /// The commit to keep.
    static func record(_ draft: LocalRepository.Draft, theirs: GitObjectID?, committer: GitSignature) -> GitChange {
        var change = draft.change(.at(draft.base), committer: committer)
        change.trailers.append(GitTrailer(Self.branchKey, draft.branch))
        if let theirs { change.trailers.append(GitTrailer(Self.theirsKey, theirs.hex)) }
        return change
    }

    /// The change as it was written, without the trailers of its keeping.
    func draft(_ git: GitRepository) async throws -> LocalRepository.Draft {
        let own = [Self.branchKey, Self.theirsKey, LocalRepository.turnKey]
        let trailers = self.commit.trailers
        // The trailers are the last paragraph, and every kept change has some.
        let lines = self.commit.body.split(separator: "\n", omittingEmptySubsequences: false)
        let end = lines.lastIndex(of: "") ?? 0
        return LocalRepository.Draft(
            branch: self.branch, base: self.base, tree: try await git.tree(of: self.commit.id),
            subject: self.commit.subject, body: lines[..<end].joined(separator: "\n"), author: self.commit.author,
            turn: self.turn,
            trailers: trailers.filter { !own.contains($0.key) })
    }
}

/// What to do with a change that does not fit together with what others have committed.
package enum ConflictChoice: Sendable, Hashable {
    /// Leave the branch as it is, and drop our change.
    case theirs
    /// Our versions of the files in conflict, and the rest of both changes.
    case ours
    /// Our change on a new branch, which begins at the commit that was read; nil for a free name such as `007-login-2`.
    case ownBranch(String?)
}
