/// Snapshots of a session's workspace that are kept in the object store: those since the bundle before.
struct WorkspaceBundle: Sendable, Equatable {
    let session: String
    /// Counts the workspaces of a session. Whichever host makes or rebuilds one begins another epoch, and one of an older
    /// epoch is out of date.
    let epoch: Int
    /// Within its epoch. 0 has no objects: it is the beginning of the epoch.
    let number: Int
    /// In the object store.
    let key: String
    /// Bytes.
    let size: Int
    /// SHA-256 in hexadecimal.
    let digest: String
    /// Whether it needs none of the bundles before it. At the beginning of an epoch: whether the workspace has nothing of
    /// those before.
    let isFull: Bool
    /// The configured name of the workspace's repository.
    let repository: String?
    /// The newest snapshot in it.
    let snapshot: Int
    /// The commit of that snapshot, hexadecimal.
    let commit: String
    /// Milliseconds since 1970.
    let at: Int64
}
