/// Snapshots of a session's workspace that are kept in the object store: those since the bundle before.
package struct WorkspaceBundle: Sendable, Equatable {
    package let session: String
    /// Counts the workspaces of a session. Whichever host makes or rebuilds one begins another epoch, and one of an older
    /// epoch is out of date.
    package let epoch: Int
    /// Within its epoch. 0 has no objects: it is the beginning of the epoch.
    package let number: Int
    /// In the object store.
    package let key: String
    /// Bytes.
    package let size: Int
    /// SHA-256 in hexadecimal.
    package let digest: String
    /// Whether it needs none of the bundles before it. At the beginning of an epoch: whether the workspace has nothing of
    /// those before.
    package let isFull: Bool
    /// The configured name of the workspace's repository.
    package let repository: String?
    /// The newest snapshot in it.
    package let snapshot: Int
    /// The commit of that snapshot, hexadecimal.
    package let commit: String
    /// Milliseconds since 1970.
    package let at: Int64

    package init(
        session: String, epoch: Int, number: Int, key: String, size: Int, digest: String, isFull: Bool,
        repository: String?, snapshot: Int, commit: String, at: Int64
    ) {
        self.session = session
        self.epoch = epoch
        self.number = number
        self.key = key
        self.size = size
        self.digest = digest
        self.isFull = isFull
        self.repository = repository
        self.snapshot = snapshot
        self.commit = commit
        self.at = at
    }
}
