package import Chat
internal import Git

/// A session's workspace: the files of its repository on the thread's branch, which its jail sees at `/workspace`.
///
/// No program runs on these files outside the jail; everything here works on descriptors and Git objects.
package protocol WorkspaceFiles: Sendable {
    /// The folder behind `/workspace`.
    var folder: String { get }
    /// The branch that commits go to; nil without a repository.
    var branch: String? { get }

    /// Records the state of all files. Returns the existing snapshot when nothing has changed since.
    func snapshot(_ reason: String) async throws -> WorkspaceSnapshot
    /// Newest first.
    func snapshots() async throws -> [WorkspaceSnapshot]
    /// What differs between two snapshots; `to` nil stands for the files now.
    func changes(from: String, to: String?) async throws -> [WorkspaceChange]
    /// The size of what differs between a snapshot and the files now.
    func changeTally(from: String) async throws -> ChangeTally
    /// A unified diff of the files now against the branch's head.
    func diff() async throws -> String
    /// What ``restore(_:)`` would change now.
    func restorePlan(_ snapshot: String) async throws -> RestorePlan
    /// Makes the files as they were in a snapshot, after recording their state now, and keeps what others have committed
    /// to the branch since. Returns the record.
    func restore(_ snapshot: String) async throws -> WorkspaceSnapshot
    /// Files and folders below `path`, sorted, at most `limit`.
    func list(_ path: String, limit: Int) async throws -> [WorkspaceEntry]
    /// The bytes of one regular file, at most `limit`.
    func read(_ path: String, limit: Int) async throws -> [UInt8]
    /// Writes a file that a person sent; never through a symbolic link.
    func write(_ bytes: [UInt8], to path: String) async throws
    /// One regular file with its bytes, at most `limit`; nil if nothing has its name. Paths that are not plain text are
    /// quoted as `QuotedPath` does it, here and in ``walk(_:)`` and ``apply(_:)``.
    func find(_ path: String, limit: Int) async throws -> WorkspaceFile?
    /// Files and folders in the order of their paths, without what the `.gitignore` files exclude.
    func walk(_ walk: WorkspaceWalk) async throws -> (entries: [WorkspaceEntry], isCut: Bool)
    /// Carries out all edits, or none if a file is not what its edit expects. Never writes through a link.
    func apply(_ edits: [WorkspaceEdit]) async throws
    /// What ``commit(_:by:turn:task:expecting:)`` would commit now. Nil when there is nothing.
    func draft() async throws -> CommitDraft?
    /// Commits all changes to the thread's branch, with the person as the author. Nil when there are none.
    ///
    /// - Parameters:
    ///   - task: The id, such as `T012`, of the task that the commit does; nil for none.
    ///   - digest: The ``CommitDraft/digest`` that was agreed to: nothing else is committed. Nil for whatever there is.
    func commit(
        _ message: String, by author: Sender, turn: String, task: String?, expecting digest: String?
    ) async throws -> CommitNotice?
    /// Makes the files as the branch's last commit has them, after recording their state. Returns that record; nil if
    /// nothing was changed. Files that `.gitignore` excludes stay.
    func discardChanges(_ reason: String) async throws -> WorkspaceSnapshot?
    /// Takes over the commits that were made inside the jail, oldest first; refuses those with `.git` in a tree or that
    /// a strict check refuses.
    func takeOverCommits() async throws -> [CommitNotice]
}

extension WorkspaceFiles {
    package func discardChanges(_ reason: String) async throws -> WorkspaceSnapshot? {
        throw WorkspaceFailure("changes can't be taken back here: use `undo`")
    }
}

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
    package let notes: [String]

    package init(id: String, reason: String, at: Int64, tree: String, notes: [String] = []) {
        self.id = id
        self.reason = reason
        self.at = at
        self.tree = tree
        self.notes = notes
    }
}

/// What restoring a snapshot does to the files.
package struct RestorePlan: Sendable, Equatable {
    package let changes: [WorkspaceChange]
    /// Files that differ in the snapshot and that others have changed on the branch since, the first 100. They become as
    /// in the snapshot, so a commit would take the others' changes to them back.
    package let conflicts: [String]

    package init(changes: [WorkspaceChange], conflicts: [String] = []) {
        self.changes = changes
        self.conflicts = conflicts
    }
}

/// One changed file.
package struct WorkspaceChange: Sendable, Equatable {
    package enum Kind: String, Sendable { case added, modified, deleted }

    package let kind: Kind
    package let path: String
    /// The Git hash of the new content, hexadecimal; nil for a deleted file.
    package let digest: String?

    package init(kind: Kind, path: String, digest: String?) {
        self.kind = kind
        self.path = path
        self.digest = digest
    }

    /// The digest of a file with this content.
    package static func digest(of bytes: [UInt8]) -> String? { GitObjectID.blob(bytes)?.hex }
}

/// One entry of a listing.
package struct WorkspaceEntry: Sendable, Equatable {
    package enum Kind: String, Sendable { case file, folder, link, other }

    package let path: String
    package let kind: Kind
    /// Bytes; nil for a folder.
    package let size: Int?

    package init(path: String, kind: Kind, size: Int?) {
        self.path = path
        self.kind = kind
        self.size = size
    }
}

/// Why something about a workspace failed. One line: what failed, why, what to do.
package struct WorkspaceFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { self.message }
}
