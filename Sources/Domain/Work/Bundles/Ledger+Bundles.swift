internal import Database
internal import Store

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

/// What the object store has of workspaces.
extension Ledger {
    /// A session's bundles and beginnings of epochs, in the order of epochs and numbers.
    func bundles(of session: String) throws -> [WorkspaceBundle] {
        try self.connection.query(
            "SELECT * FROM workspace_bundles WHERE session = ? ORDER BY epoch, number", [.text(session)]
        ).map { row in
            WorkspaceBundle(
                session: session, epoch: Int(try row.integer("epoch")), number: Int(try row.integer("number")),
                key: try row.text("key"), size: Int(try row.integer("size")), digest: try row.text("digest"),
                isFull: try row.integer("whole") == 1, repository: try row.optionalText("repository"),
                snapshot: Int(try row.integer("snapshot")), commit: try row.text("commit_id"),
                at: try row.integer("created_at"))
        }
    }

    /// Begins a session's next epoch, and returns it.
    func beginBundleEpoch(of session: String, isFull: Bool, repository: String?, at now: Int64) throws -> Int {
        let epoch = (try self.lastBundleEpoch(of: session) ?? 0) + 1
        try self.insert(
            WorkspaceBundle(
                session: session, epoch: epoch, number: 0, key: "", size: 0, digest: "", isFull: isFull,
                repository: repository, snapshot: 0, commit: "", at: now))
        return epoch
    }

    /// Adds a bundle; false if the session is deleted, or another epoch has begun.
    func add(_ bundle: WorkspaceBundle) throws -> Bool {
        let session = try self.connection.first(
            "SELECT 1 FROM sessions WHERE id = ? AND state <> 'deleted'", [.text(bundle.session)])
        guard session != nil, try self.lastBundleEpoch(of: bundle.session) ?? 0 <= bundle.epoch
        else { return false }
        try self.insert(bundle)
        return true
    }

    func remove(_ bundles: [WorkspaceBundle]) throws {
        for bundle in bundles {
            try self.connection.execute(
                "DELETE FROM workspace_bundles WHERE session = ? AND epoch = ? AND number = ?",
                [.text(bundle.session), .integer(Int64(bundle.epoch)), .integer(Int64(bundle.number))])
        }
    }

    private func lastBundleEpoch(of session: String) throws -> Int? {
        try self.connection.first(
            "SELECT epoch FROM workspace_bundles WHERE session = ? ORDER BY epoch DESC LIMIT 1", [.text(session)]
        ).map { Int(try $0.integer("epoch")) }
    }

    private func insert(_ bundle: WorkspaceBundle) throws {
        try self.connection.execute(
            """
            INSERT INTO workspace_bundles (session, epoch, number, key, size, digest, whole, repository, snapshot,
            commit_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(bundle.session), .integer(Int64(bundle.epoch)), .integer(Int64(bundle.number)),
                .text(bundle.key), .integer(Int64(bundle.size)), .text(bundle.digest),
                .integer(bundle.isFull ? 1 : 0), .optional(bundle.repository), .integer(Int64(bundle.snapshot)),
                .text(bundle.commit), .integer(bundle.at),
            ])
    }
}
