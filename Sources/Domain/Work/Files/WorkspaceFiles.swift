package import Chat
package import Git

/// A session's workspace: the files of its repository on the thread's branch, which its jail sees at `/workspace`.
///
/// No program runs on these files outside the jail; everything here works on descriptors and Git objects.
package protocol WorkspaceFiles: Sendable {
    /// The folder behind `/workspace`.
    var folder: String { get }
    /// The branch that commits go to; nil without a repository.
    var branch: String? { get }

    /// What people's work takes on the disk: files, the jail's Git folder, and what programs keep beside them. Not snapshots,
    /// which have a limit of their own, and which nobody could make smaller.
    func occupiedBytes() async -> Int64
    /// Records the state of all files. Returns the existing snapshot when nothing has changed since.
    func snapshot(_ reason: String) async throws -> WorkspaceSnapshot
    /// Newest first.
    func snapshots() async throws -> [WorkspaceSnapshot]
    /// The folders that neither snapshots nor changes show, when the files were last looked at.
    func unrecordedFolders() async -> UnrecordedFolders
    /// What differs between two snapshots; `to` nil stands for the files now. Of very many files only a part is listed.
    func changes(from: String, to: String?) async throws -> WorkspaceChanges
    /// The size of what differs between a snapshot and the files now.
    func changeTally(from: String) async throws -> GitStat
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
    /// One regular file, to be read in pieces.
    func open(_ path: String) async throws -> PlaceContent
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
    /// Commits all changes to the thread's branch, with the person as the author. Returns nil without changes.
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
    /// From here on, commits made in the jail wait until somebody decides about them or takes over all.
    func holdCommits() async throws
    /// Ends that if a model's command has left none, as one that a crash cut off. Not while a model's command runs.
    func releaseCommits() async throws
    /// The commits that the jail has and the branch lacks, after a model's command; without any, none are held any more.
    /// Refuses those that ``takeOverCommits(_:by:turn:)`` refuses.
    func jailCommits() async throws -> JailCommits?
    /// Puts the commits of the jail on the branch, oldest first, made anew with `author` and with Jetbridge as the
    /// committer; an author that a command has set becomes a trailer. Refuses those with `.git` in a tree or that a strict
    /// check refuses, and throws a ``WorkspaceFailure`` if `right` does not cover them.
    func takeOverCommits(_ right: JailCommitsRight, by author: Sender, turn: String) async throws -> [CommitNotice]
}

/// Why something about a workspace failed. One line: what failed, why, what to do.
package struct WorkspaceFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String
    /// Whether it is the disk of the host that has no room.
    package let isDiskFull: Bool

    package init(_ message: String, isDiskFull: Bool = false) {
        self.message = message
        self.isDiskFull = isDiskFull
    }

    package var description: String { self.message }
}
