internal import Git

/// Commits that a command made in the jail and that the thread's branch does not have.
package struct JailCommits: Sendable, Equatable {
    /// The first lines of their messages, oldest first.
    package let subjects: [String]
    /// What they change together. Its digest stands for the last commit of both sides: another commit changes it.
    package let changes: CommitDraft

    static func digest(from head: GitObjectID, to inside: GitObjectID) -> String { "\(head.hex)..\(inside.hex)" }
}

/// Which commits of the jail may be taken over.
package enum JailCommitsRight: Sendable, Equatable {
    /// Those of people's commands. A model's commits wait for a decision, see ``WorkspaceFiles/holdCommits()``.
    case ofPeople
    /// All, because a person says so.
    case all
    /// Exactly those with this digest, about which was decided.
    case decided(digest: String)
}
