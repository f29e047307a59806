package import Chat
internal import Crypto
internal import EventLoop
internal import Git
internal import Jail
internal import Lifecycle
package import Logging
internal import Primitives
package import Repositories

/// The workspaces of all sessions, one folder each.
package actor Workspaces: WorkspaceDirectory {
    let folder: String
    let repositories: RepositoryCatalog
    let settings: WorkspaceSettings
    private let snapshotBytes: PerRepository<Int>?
    private let packer: CommitPacker?
    let now: @Sendable () -> Int64
    let logger: Logger
    /// Nil where only this program's calls reach the workspaces.
    let occupants: (any WorkspaceOccupants)?
    /// Nil if no other host can take over the workspaces.
    package nonisolated let bundles: WorkspaceBundles?
    var opening: [String: (task: Task<Workspace, any Error>, isEnded: Bool)] = [:]
    /// Given when a workspace was made.
    let made = Signal()

    /// Does not touch the disk.
    ///
    /// - Parameters:
    ///   - snapshotBytes: Replaces the one of `settings`.
    ///   - packer: Nil where no jail works; commits made inside can't be taken over then.
    ///   - bundles: Where snapshots are stored for other hosts, and what is rebuilt from them.
    ///   - now: Milliseconds since 1970.
    package init(
        folder: String, repositories: RepositoryCatalog, settings: WorkspaceSettings = WorkspaceSettings(),
        snapshotBytes: PerRepository<Int>? = nil, packer: CommitPacker? = nil,
        occupants: (any WorkspaceOccupants)? = nil, bundles: WorkspaceBundles? = nil,
        now: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.snapshotBytes = snapshotBytes
        self.folder = folder
        self.repositories = repositories
        self.settings = settings
        self.packer = packer
        self.occupants = occupants
        self.bundles = bundles
        self.now = now
        self.logger = logger
    }

    /// Removes what interrupted removals and checks have left. Call it once, before anything is opened.
    package func prepare() async throws {
        try await Self.sweep(self.folder)
    }

    /// A session's workspace, made if it is missing: the files of the repository's branch for the session, or an empty
    /// folder if `repository` is nil. Throws ``WorkspaceFailure``.
    ///
    /// A workspace of another repository is replaced, unless it has unsaved work.
    ///
    /// - Parameters:
    ///   - feature: The feature whose branch the files belong to; nil for the session's own branch.
    ///   - update: What happens to files on another branch, or behind the branch's last commit.
    package func open(
        session: String, repository: String?, feature: String? = nil, update: SessionPlace.Update = .required
    ) async throws -> Workspace {
        let before = try await self.lastOpening(of: session)
        // Unstructured, because a second call for the session waits for the first: it finds what that has made.
        let task = Task {
            let existing = try? await before?.value
            return try await self.find(session, repository, feature, update, existing)
        }
        self.opening[session] = (task, false)
        do {
            // As a crash does, cancelling leaves what the next call continues or begins again.
            let workspace = try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
            if self.opening[session]?.task == task { self.opening[session]?.isEnded = true }
            await self.occupants?.enter(workspace)
            return workspace
        } catch {
            if self.opening[session]?.task == task { self.opening[session] = nil }
            throw error
        }
    }

    package func workspace(of place: SessionPlace) async throws -> any WorkspaceFiles {
        try await self.open(
            session: place.session, repository: place.repository ?? self.repositories.defaultName,
            feature: place.feature, update: place.update)
    }

    package func obstacle(to repository: String, from current: String?, in session: String) async throws -> String? {
        try await self.obstacle(session: session, to: repository, from: current)?.message
    }

    /// The sessions that have a workspace.
    package func sessions() async -> [String] {
        await Self.names(self.folder).filter { !$0.hasPrefix(".") }
    }

    /// A turn's commits among the last ones of the session's branch, and those that were last taken over from its jail,
    /// oldest first. Empty without a workspace.
    package func lastKnownCommits(of turn: String, in session: String) async throws -> [CommitNotice] {
        try await self.existing(session)?.lastCommits(of: turn, refreshing: false) ?? []
    }

    /// The same after asking the repository's server; empty without a server.
    package func lastServedCommits(of turn: String, in session: String) async throws -> [CommitNotice] {
        try await self.existing(session)?.lastCommits(of: turn, refreshing: true) ?? []
    }

    /// Begins to note what a new workspace takes.
    func measure(_ workspace: Workspace) {
        guard let occupants = self.occupants else { return }
        // Nobody waits for it: a large workspace takes seconds, and others may be measured first.
        Task { await occupants.measure(workspace) }
    }

    /// Frees the space of a session's dropped snapshots, if the workspace was opened since `time`.
    package func prune(session: String, openedSince time: Int64) async throws {
        guard let state = await self.layout(session).apart({ $0.readState() }), state.usedAt >= time else { return }
        guard let workspace = try await self.existing(session) else { return }
        _ = try await workspace.prune()
        // Also of what processes wrote after their command.
        await self.occupants?.measure(workspace)
    }
}

extension Workspaces {
    func layout(_ session: String) -> WorkspaceLayout {
        WorkspaceLayout(path: "\(self.folder)/\(session)")
    }

    /// The last opening of a session's workspace, after its end. Throws `CancellationError`.
    func lastOpening(of session: String) async throws -> Task<Workspace, any Error>? {
        while let (opening, isEnded) = self.opening[session], !isEnded {
            // It may take as long as a server.
            _ = try? await opening.sharedValue()
            try Task.checkCancellation()
            // Otherwise another has begun.
            if self.opening[session]?.task == opening { break }
        }
        return self.opening[session]?.task
    }

    func existing(_ session: String) async throws -> Workspace? {
        try Self.check(session)
        let opening = try await self.lastOpening(of: session)
        if let open = try? await opening?.value { return open }
        guard let state = await self.layout(session).apart({ $0.readState() }) else { return nil }
        return self.workspace(session, state)
    }

    private func find(
        _ session: String, _ repository: String?, _ feature: String?, _ update: SessionPlace.Update,
        _ open: Workspace?
    ) async throws -> Workspace {
        try Self.check(session)
        // First, so that nothing is replaced for a repository that does not exist.
        if let repository { _ = try self.local(repository) }
        let layout = self.layout(session)
        guard var state = try await self.current(await layout.apart({ $0.readState() }), of: session, layout) else {
            // Without its state a workspace was never finished.
            try await Self.discard(layout.path, in: self.folder)
            return try await self.make(session, repository, feature, layout)
        }
        var workspace = open.flatMap { $0.epoch == state.epoch ? $0 : nil } ?? self.workspace(session, state)
        if state.repository != repository {
            guard await self.wasRenamed(workspace, to: repository) else {
                try await self.clear(workspace, for: repository)
                return try await self.make(session, repository, feature, layout)
            }
            state.repository = repository
            workspace = self.workspace(session, state)
        }
        if update != .none { await workspace.repository?.refreshIfPossible() }
        let wasMoved = update == .none ? false : try await self.move(workspace, &state, feature, update)
        state.usedAt = self.now()
        try await layout.apart { [state] in try $0.write(state) }
        return wasMoved ? self.workspace(session, state) : workspace
    }

    func workspace(_ session: String, _ state: WorkspaceState) -> Workspace {
        var settings = self.settings
        if let snapshotBytes { settings.snapshotBytes = snapshotBytes[state.repository] }
        if let limits = self.occupants?.limits(of: state.repository) {
            settings.room = FolderRoom(
                files: min(limits.files, settings.room.files), bytes: min(limits.disk, settings.room.bytes))
        }
        let occupants = self.occupants
        // Without its repository a workspace can still be archived, replaced and removed.
        return Workspace(
            session: session, layout: self.layout(session), state: state,
            repository: state.repository.flatMap { try? self.local($0) }, settings: settings, packer: self.packer,
            bundles: self.bundles, report: { await occupants?.report($0, in: session) }, now: self.now)
    }

    private func local(_ name: String) throws -> LocalRepository {
        do {
            return try self.repositories.repository(name)
        } catch {
            guard !self.repositories.names.isEmpty else {
                throw WorkspaceFailure(
                    "there is no repository \(name.prefix(64)) any more: ask an operator to configure it again")
            }
            throw WorkspaceFailure("\(error.message), with `repo NAME`")
        }
    }

    private func make(
        _ session: String, _ repository: String?, _ feature: String?, _ layout: WorkspaceLayout
    ) async throws -> Workspace {
        var state = WorkspaceState(repository: repository, branch: nil, base: nil, usedAt: self.now())
        do {
            // Its snapshots are numbered from 1 again, so that those of an earlier workspace would be taken for them.
            try await self.occupants?.forgetSnapshots(of: session)
            state.epoch = try await self.bundles?.beginEpoch(of: session, isFull: true, repository: repository)
            let settings = try await repository.map { try self.local($0).git }?.settings()
            try await layout.apart { try $0.make(settings ?? GitSettings()) }
            guard let repository else {
                try await GitRepository(path: layout.store).createStore(sharing: nil)
                try await layout.apart { [state] in try $0.write(state) }
                self.made.signal()
                return self.workspace(session, state)
            }
            let local = try self.local(repository)
            let branch = Self.branch(of: session, feature)
            let base = try await Self.beginning(of: branch, feature, in: local)
            try await GitRepository(path: layout.store).createStore(sharing: local.git.objectsFolder())
            state.branch = branch
            state.base = base.hex
            let workspace = self.workspace(session, state)
            let restoration = try await workspace.files.checkOut(
                workspace.files.tree(of: base), within: workspace.settings.room, as: local.git.settings())
            // Without it, the next commit would remove it from the branch.
            if let failed = restoration.failed.first {
                throw WorkspaceFailure(
                    "the workspace can't be made because \(failed.path) can't be written (\(failed.reason)): change it on "
                        + "the branch, or choose another one")
            }
            try await workspace.files.prepareGit()
            try await workspace.files.setHead(branch, to: base, index: layout.indexDraft)
            try await workspace.writeHead(base, of: branch)
            // Last, because a workspace with a state is complete.
            try await layout.apart { [state] in try $0.write(state) }
            await workspace.report(unheld: restoration.unheld)
            self.measure(workspace)
            self.made.signal()
            return workspace
        } catch {
            // It would be removed the next time; but until then it takes space, and perhaps much.
            try? await Self.discard(layout.path, in: self.folder)
            throw Self.failure(error, layout)
        }
    }

    private static func failure(_ error: any Error, _ layout: WorkspaceLayout) -> any Error {
        switch error {
        case let error as GitError where error.code == .cancelled: CancellationError()
        case let error as GitError:
            WorkspaceFailure(
                "the workspace can't be made: \(error.message.replacing(layout.path, with: "the workspace"))")
        case let error as RepositoryError: WorkspaceFailure("the workspace can't be made: \(error.message)")
        case let error as SystemError:
            WorkspaceFailure("the workspace can't be made (\(error.message)): check the data directory")
        default: error
        }
    }

    /// The branch that a session's workspace is on: the feature's, else the session's own.
    package static func branch(of session: String, _ feature: String?) -> String { feature ?? Self.branch(of: session) }

    /// The branch of a session: readable, and different for every session.
    private static func branch(of session: String) -> String {
        if session.utf8.count <= 16, session == session.lowercased() { return "jetbridge/\(session)" }
        let hash = hex(Array(sha256(session).prefix(4)))
        return "jetbridge/\(session.lowercased().prefix(6))-\(hash)"
    }

    static func check(_ session: String) throws {
        guard LocalRepository.isPlain(session), !session.hasPrefix("-") else {
            throw WorkspaceFailure("the session's id can't be the name of a folder: start a new thread")
        }
    }
}

// File work, off the actor.
extension Workspaces {
    private static let removing = ".removing-"

    @concurrent
    private static func names(_ folder: String) async -> [String] {
        FolderTree.names(in: folder)
    }

    /// Renamed first, so that a crash leaves no half workspace.
    @concurrent
    static func discard(_ path: String, in folder: String) async throws {
        let away = "\(folder)/\(Self.removing)\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        guard try FolderTree.rename(path, to: away) else { return }
        try FolderTree.remove(away)
    }

    @concurrent
    private static func sweep(_ folder: String) async throws {
        for name in FolderTree.names(in: folder) {
            let path = "\(folder)/\(name)"
            guard !name.hasPrefix(Self.removing) else {
                try FolderTree.remove(path)
                continue
            }
            Quarantine.removeAll(in: WorkspaceLayout(path: path).host)
        }
    }
}
