package import Git

/// A recorded state of a workspace.
package struct WorkspaceSnapshot: Sendable, Equatable {
    /// Short, to be typed by people; unique in its workspace.
    package let id: String
    package let reason: String
    /// Milliseconds since 1970.
    package let at: Int64
    /// The tree's hash, hexadecimal.
    package let tree: String
    /// What was left out when it was made, as `PATH: REASON`.
    package var notes: [String] = []
    /// What the tree does not show.
    package var folders = UnrecordedFolders()
}

/// What restoring a snapshot does to the files.
package struct RestorePlan: Sendable, Equatable {
    /// Of very many only a part is listed.
    package let changes: WorkspaceChanges
    /// Files that differ in the snapshot and that others have changed on the branch since, the first 100. They become as
    /// in the snapshot, so a commit would take the others' changes to them back.
    package var conflicts: [String] = []
}
