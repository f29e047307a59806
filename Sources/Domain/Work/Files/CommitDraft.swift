internal import Git

/// What a commit would take.
package struct CommitDraft: Sendable, Equatable {
    /// The trees before and after, hexadecimal: whatever changes, changes it.
    package let digest: String
    /// A line for each file, as `PATH +3 −1`.
    package let files: [String]
    /// Unified; cut when it is long.
    package let diff: String
}

extension CommitDraft {
    init(digest: String, sizes: [WorkFiles.Size], diff: String) {
        self.init(
            digest: digest,
            files: sizes.map { $0.isBinary ? "\($0.path) binary" : "\($0.path) +\($0.additions) −\($0.deletions)" },
            diff: diff)
    }

    static func digest(of trees: (old: GitObjectID, new: GitObjectID)) -> String {
        "\(trees.old.hex)..\(trees.new.hex)"
    }
}

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
