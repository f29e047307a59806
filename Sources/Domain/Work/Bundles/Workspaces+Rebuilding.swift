internal import EventLoop
internal import Git
internal import JSON
internal import Logging
internal import Objects
internal import Primitives
internal import Repositories

/// A session that was on another host finds its files as they were stored last.
extension Workspaces {
    /// The state of a session's workspace. It is rebuilt first where it is missing or another host has had it since. Nil if
    /// it is to be made: nothing of it is stored.
    func current(
        _ state: WorkspaceState?, of session: String, _ layout: WorkspaceLayout
    ) async throws -> WorkspaceState? {
        guard let bundles = self.bundles else { return state }
        let known = try await bundles.known(of: session)
        if var state {
            if let newest = known.last, state.epoch.map({ $0 < newest.epoch }) ?? (state.usedAt < newest.at) {
                try await self.setAside(state, session, known)
                return try await self.rebuild(session, known, layout, bundles)
            }
            guard state.epoch == nil else { return state }
            // It was made before anything was stored elsewhere.
            state.epoch = try await bundles.beginEpoch(of: session, isFull: true, repository: state.repository)
            try await layout.apart { [state] in try $0.write(state) }
            return state
        }
        return try await self.rebuild(session, known, layout, bundles)
    }

    /// Makes room for a newer state from another host. What may be stored nowhere stays on the disk.
    private func setAside(_ state: WorkspaceState, _ session: String, _ known: [WorkspaceBundle]) async throws {
        await self.occupants?.leave(session)
        let layout = self.layout(session)
        let stored = known.filter { $0.epoch == state.epoch && $0.number > 0 }.map(\.snapshot)
        let isStored = try? await self.workspace(session, state).isStored(in: stored)
        if state.epoch != nil, isStored == true { return try await Self.discard(layout.path, in: self.folder) }
        let kept = try await self.keep(session)
        self.logger.warning(
            "a workspace was set aside: another host has had its session since, and it has changes that were not stored",
            ["session": .string(session), "folder": .string(kept)])
    }

    private func rebuild(
        _ session: String, _ known: [WorkspaceBundle], _ layout: WorkspaceLayout, _ bundles: WorkspaceBundles
    ) async throws -> WorkspaceState? {
        let begun = known.lastIndex { $0.isFull && $0.number == 0 }
        let usable = known[(begun ?? 0)...].filter { $0.number > 0 }
        guard let newest = usable.last else { return nil }
        var repository: LocalRepository?
        if let name = newest.repository {
            guard let local = try? self.repositories.repository(name) else {
                await self.report(RebuildingTexts.noRepository(name, bundles.objects.place(of: newest.key)), session)
                return nil
            }
            repository = local
        }
        do {
            // What an interrupted attempt has left.
            try await Self.discard(layout.path, in: self.folder)
            let settings = try await repository?.git.settings() ?? GitSettings()
            try await layout.apart { try $0.make(settings) }
            _ = try await repository?.checkReady()
            try await GitRepository(path: layout.store).createStore(sharing: repository?.git.objectsFolder())
            let quarantine = try await Quarantine.make(
                in: layout.host, sharing: "\(layout.store)/objects", limit: .max)
            let (snapshots, problem) = try await BundleReader(objects: bundles.objects, path: quarantine.path)
                .read(usable)
            guard let snapshots else {
                self.logger.error(
                    "a workspace could not be rebuilt",
                    ["session": .string(session), "reason": .string(problem ?? "no full bundle")])
                await self.report(RebuildingTexts.lost(problem ?? "there is no full bundle"), session)
                return nil
            }
            if let problem {
                self.logger.error(
                    "a workspace was rebuilt in an older state",
                    ["session": .string(session), "reason": .string(problem)])
            }
            let state = try await self.restore(snapshots, session, repository, from: quarantine.path)
            await quarantine.remove()
            await self.report(RebuildingTexts.rebuilt(snapshots.last, limits: self.settings.scan, problem), session)
            // Last, because a workspace with a state is complete.
            try await layout.apart { [state] in try $0.write(state) }
            self.logger.info(
                "a workspace was rebuilt",
                ["session": .string(session), "snapshot": .string("s\(snapshots.last.snapshot)")])
            return state
        } catch let error as GitError where error.code == .cancelled {
            throw CancellationError()
        } catch let error as GitError {
            throw RebuildingTexts.failure(error.message.replacing(layout.path, with: "the workspace"))
        } catch let error as RepositoryError {
            throw RebuildingTexts.failure(error.message)
        } catch let error as ObjectStoreError {
            throw RebuildingTexts.failure(error.message)
        } catch let error as SystemError {
            throw RebuildingTexts.failure("\(error.message): check the data directory")
        }
    }

    /// Takes the snapshots over, and makes the files as the newest one has them.
    private func restore(
        _ snapshots: BundleReader.Snapshots, _ session: String, _ repository: LocalRepository?, from path: String
    ) async throws -> WorkspaceState {
        let last = snapshots.last
        var state = WorkspaceState(repository: last.repository, branch: nil, base: nil, usedAt: self.now())
        let bare = self.workspace(session, state)
        let records = snapshots.references.filter { $0.key.hasPrefix(bare.references) }
        try await bare.files.adopt(records.map { (reference: $0.key, commit: $0.value) }, from: path)
        guard let newest = try await bare.numbered().first(where: { $0.record.commit.hex == last.commit }) else {
            throw GitError(.corrupt, "the snapshot s\(last.snapshot) is not in its bundle")
        }
        let head = Workspace.head(of: newest.record)
        (state.branch, state.base) = (head?.branch, head?.base.hex)
        // The server may have deleted the branch.
        if let head, let repository { try await repository.git.take(head.commit, from: path) }
        let workspace = self.workspace(session, state)
        // It was a workspace's before, so there is room.
        let restoration = try await workspace.files.checkOut(newest.record.tree)
        for failed in restoration.failed {
            self.logger.warning(
                "a file was not rebuilt",
                ["session": .string(session), "path": .string(failed.path), "reason": .string(failed.reason)])
        }
        if let folders = Workspace.folders(of: newest.record) { try await workspace.files.makeFolders(folders) }
        if let head {
            try await workspace.files.prepareGit()
            try await workspace.files.setHead(head.branch, to: head.commit, index: workspace.layout.indexDraft)
            try await workspace.writeHead(head.commit, of: head.branch)
        }
        state.epoch = try await self.bundles?.beginEpoch(of: session, isFull: false, repository: last.repository)
        self.measure(workspace)
        return state
    }

    private func report(_ text: String, _ session: String) async { await self.occupants?.report(text, in: session) }
}

extension Workspace {
    /// Whether the newest snapshot has all of the files, and is one of those that are stored. With no number, all that
    /// were stored are superseded.
    fileprivate func isStored(in stored: [Int]) async throws -> Bool {
        try await self.call { files in
            guard let newest = try await self.numbered().first else { return try await files.scan().entries == 0 }
            return try await files.scan().tree == newest.record.tree
                && (stored.isEmpty || stored.contains(newest.number))
        }
    }
}

/// What people read about a workspace that was rebuilt.
private enum RebuildingTexts {
    /// - Parameter problem: Why it is not the newest state; nil if it is.
    static func rebuilt(_ bundle: WorkspaceBundle, limits: ScanRules, _ problem: String?) -> String {
        let older =
            problem.map {
                " This is an older state, because a newer one cannot be read (\($0)): later changes are lost."
            }
            ?? ""
        return "The thread's files were rebuilt on another host, as of snapshot s\(bundle.snapshot) "
            + "(\(CivilTime(milliseconds: bundle.at).rfc3339Seconds)).\(older) Lost are running jobs, the shell's "
            + "directory and variables, and files that snapshots leave out: those over \(limits.fileBytes >> 20) MiB, and "
            + "those nested deeper than \(limits.depth) folders. Commits of the jail that were not taken over are "
            + "uncommitted changes now."
    }

    static func lost(_ problem: String) -> String {
        "The thread's files could not be rebuilt on another host, because what was stored cannot be read (\(problem)). The "
            + "thread now has fresh files; changes that were not committed are lost, as are running jobs and the shell's "
            + "state."
    }

    static func noRepository(_ name: String, _ place: String) -> String {
        "The thread's files of the repository `\(name)`, which is not configured on this host, were not rebuilt. They are "
            + "stored in \(place): ask the operator for them. The thread now has fresh files."
    }

    static func failure(_ reason: String) -> WorkspaceFailure {
        WorkspaceFailure("the thread's files can't be rebuilt on this host now (\(reason)): try again in a minute")
    }
}
