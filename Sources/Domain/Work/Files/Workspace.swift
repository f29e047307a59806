package import Chat
package import Git
package import Jail
internal import Lifecycle
internal import Primitives
internal import Repositories

/// The workspace of one session on this machine's disk.
///
/// Holds nothing but the cache of its last scan: snapshots are references in a store outside of the jail, commits are in
/// the repository.
package final class Workspace: WorkspaceFiles {
    package let session: String
    package let folder: String
    package let branch: String?

    let layout: WorkspaceLayout
    let settings: WorkspaceSettings
    let files: WorkFiles
    /// Nil without a repository, and while the workspace's own is not configured.
    let repository: LocalRepository?
    /// The name under which its repository was configured when it was made.
    package let repositoryName: String?
    /// The commit that the branch begins at while the repository does not have it.
    let base: GitObjectID?
    let packer: CommitPacker?
    /// Nil where no other host has the workspaces.
    let bundles: WorkspaceBundles?
    /// See ``WorkspaceBundle/epoch``; nil before it is stored elsewhere.
    let epoch: Int?
    let now: @Sendable () -> Int64
    /// Reports to the session's thread.
    private let report: @Sendable (String) async -> Void
    /// Whether the thread knows that commits are not signed.
    private let hasSaidUnsigned = Protected(false)
    /// Snapshots that were dropped and whose objects are still there.
    let dropped = Protected(0)
    /// Bytes that snapshots occupied when they were measured last; nil before that.
    let snapshotSize = Protected<Int?>(nil)

    init(
        session: String, layout: WorkspaceLayout, state: WorkspaceState, repository: LocalRepository?,
        settings: WorkspaceSettings, packer: CommitPacker?, bundles: WorkspaceBundles?,
        report: @escaping @Sendable (String) async -> Void, now: @escaping @Sendable () -> Int64
    ) {
        self.report = report
        self.session = session
        self.layout = layout
        self.folder = layout.files
        self.branch = state.branch
        self.base = state.base.flatMap { GitObjectID($0) }
        self.repository = repository
        self.repositoryName = state.repository
        self.settings = settings
        self.packer = packer
        self.bundles = bundles
        self.epoch = state.epoch
        self.now = now
        self.files = WorkFiles(
            folder: layout.files, git: state.repository == nil ? nil : layout.git, store: layout.store,
            rules: settings.scan)
    }

    /// Whether its repository is no longer configured.
    var isOrphan: Bool { self.repositoryName != nil && self.repository == nil }

    /// Prepares the folders for a start of the jail and returns what it mounts after the workspace itself, in order. No
    /// process of an earlier jail may be alive.
    ///
    /// - Parameter owner: The jail's user, who gets all files; nil where the jail runs as this process's user.
    package func mounts(for owner: FileOwner?) async throws -> [WorkspaceMount.Bind] {
        try await self.call { files in
            try await files.prepareGit()
            if let owner { try await files.own(owner) }
            guard let repository = self.repository else { return [] }
            let layout = self.layout
            let objects = try await repository.git.objectsFolder()
            if let owner {
                try await Self.give(layout, to: owner)
                await Self.allow(objects)
            }
            func bind(_ source: String, at target: String, isWritable: Bool = false) -> WorkspaceMount.Bind {
                WorkspaceMount.Bind(source: source, target: target, isWritable: isWritable)
            }
            return [
                bind(layout.git, at: "/git", isWritable: true),
                bind(layout.configuration, at: "/git/config"),
                bind(layout.hooks, at: "/git/hooks"),
                bind(layout.info, at: "/git/info"),
                bind(layout.alternates, at: "/git/objects/info/alternates"),
                bind(objects, at: WorkspaceLayout.objectsInside),
                bind(layout.gitFile, at: "/workspace/.git"),
            ]
        }
    }

    /// What its jail may write to.
    var writableFolders: [String] { [self.layout.files, self.layout.git] }

    /// Frees memory while the session is idle.
    package func rest() async {
        await self.files.forget()
    }

    package func list(_ path: String, limit: Int) async throws -> [WorkspaceEntry] {
        try await self.call { try await $0.list(path, limit: limit) }
    }

    package func read(_ path: String, limit: Int) async throws -> [UInt8] {
        try await self.call { try await $0.read(path, limit: limit) }
    }

    package func open(_ path: String) async throws -> PlaceContent {
        let file = try await self.call { try await $0.openFile(named: path) }
        return PlaceContent(size: file.size) { start, count in
            try await self.call { try await $0.read(file, at: start, upTo: count) }
        }
    }

    package func write(_ bytes: [UInt8], to path: String) async throws {
        try await self.call { try await $0.write(bytes, to: path) }
    }

    package func find(_ path: String, limit: Int) async throws -> WorkspaceFile? {
        try await self.call { try await $0.file(path, limit: limit) }
    }

    package func walk(_ walk: WorkspaceWalk) async throws -> (entries: [WorkspaceEntry], isCut: Bool) {
        try await self.call { try await $0.walk(walk) }
    }

    package func apply(_ edits: [WorkspaceEdit]) async throws {
        try await self.call { try await $0.apply(edits, limit: Self.editLimit) }
    }

    /// Bytes of a file that an edit replaces.
    private static let editLimit = 64 << 20

    /// Holds the store's objects, runs `body` and turns its errors into texts for threads, which must not show the server's paths.
    func call<Result: Sendable>(_ body: @Sendable (WorkFiles) async throws -> Result) async throws -> Result {
        do {
            let hold = try await self.files.hold()
            defer { withExtendedLifetime(hold) {} }
            return try await body(self.files)
        } catch let error as GitError where error.code == .cancelled {
            throw CancellationError()
        } catch let error as GitError {
            // What a scan had recorded until then would take the last room, and nobody needs it.
            if error.code == .diskFull { _ = try? await self.prune() }
            throw self.failure(error)
        } catch let error as RepositoryError {
            throw WorkspaceFailure(error.message)
        }
    }

    /// What its repository says about files and commits.
    func gitSettings() async throws -> GitSettings { try await self.repository?.git.settings() ?? GitSettings() }

    /// Tells the thread what a commit does not do that its repository asks for.
    func report(unsigned settings: GitSettings) async {
        guard settings.signsCommits, !self.hasSaidUnsigned.withLock({ $0 }) else { return }
        self.hasSaidUnsigned.withLock { $0 = true }
        await self.report(WorkspaceTexts.unsigned)
    }

    /// Tells the thread what a commit leaves out.
    func report(submodules: [String]) async {
        guard !submodules.isEmpty else { return }
        await self.report(WorkspaceTexts.inSubmodules(submodules))
    }

    /// Tells the thread which of the branch's files are not in the workspace.
    func report(unheld files: [UnheldFile]) async {
        guard !files.isEmpty else { return }
        await self.report(WorkspaceTexts.unheld(files, limit: self.settings.scan.fileBytes))
    }

    func failure(_ error: GitError) -> WorkspaceFailure {
        var message = error.message
        if let repository = self.repository {
            message = message.replacing(repository.git.path, with: "the repository \(repository.name)")
        }
        return WorkspaceFailure(
            message.replacing(self.layout.path, with: "the workspace"), isDiskFull: error.code == .diskFull)
    }

    @concurrent
    private static func allow(_ objects: String) async { ObjectsAccess.allow(objects) }

    @concurrent
    private static func give(_ layout: WorkspaceLayout, to owner: FileOwner) async throws {
        // Git refuses a repository with files of another user.
        for path in [layout.configuration, layout.hooks, layout.info, layout.alternates, layout.gitFile] {
            try FolderTree.give(path, to: owner)
        }
    }
}
