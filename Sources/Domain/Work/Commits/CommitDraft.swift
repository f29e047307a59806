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
