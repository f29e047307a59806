package import Git

/// A repository's base branch as it was last read.
package struct KnownBase: Sendable, Equatable {
    package let branch: GitRepository.Branch
    /// Tells whether the branch has moved since; nil if only reading it tells.
    let mark: BranchMark?
}
