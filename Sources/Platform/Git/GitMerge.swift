/// The result of a three-way merge.
package struct GitMerge: Hashable, Sendable {
    /// A file whose changes on both sides do not fit together. The ids are of contents; nil where a side does not have
    /// the file.
    package struct Conflict: Hashable, Sendable {
        package let path: String
        package let base: GitObjectID?
        package let ours: GitObjectID?
        package let theirs: GitObjectID?
    }

    /// The merged tree; nil if there are conflicts that nobody has decided.
    package let tree: GitObjectID?
    /// Sorted by path.
    package let conflicts: [Conflict]
}
