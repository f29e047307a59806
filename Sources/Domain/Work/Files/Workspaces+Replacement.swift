internal import Git
internal import JSON
internal import Logging
internal import Primitives
internal import Repositories

/// A session that changes to another repository gets another workspace.
extension Workspaces {
    private static let kept = ".kept-"

    /// Why a session's workspace can't be replaced by one of `repository` now, and what to do; nil if it can, and if the
    /// workspace is still being opened: it is checked again when it is used.
    ///
    /// - Parameters:
    ///   - current: The repository that the session has chosen so far.
    ///   - patience: How long an opening may take. The thread's next commands wait for it, also `stop`.
    package func obstacle(
        session: String, to repository: String, from current: String?, patience: Duration = .seconds(5)
    ) async throws -> WorkspaceFailure? {
        let existing: Workspace? =
            try await withDeadline(patience) { () async throws(any Error) in
                try await self.existing(session)
            } ?? nil
        guard let workspace = existing, workspace.repositoryName != repository, !workspace.isOrphan else { return nil }
        return try await self.obstacle(workspace, to: repository, from: current)
    }

    /// Whether the workspace's repository is configured under the name `repository` now, and under no other.
    func wasRenamed(_ workspace: Workspace, to repository: String?) async -> Bool {
        guard workspace.isOrphan, let repository, let local = try? self.repositories.repository(repository),
            let objects = try? await local.git.objectsFolder()
        else { return false }
        return await workspace.layout.apart { $0.readSharedObjects() } == objects
    }

    /// Makes room for a session's workspace of another repository, nil for none. Throws ``WorkspaceFailure`` if the old one
    /// has unsaved work.
    func clear(_ workspace: Workspace, for repository: String?) async throws {
        if workspace.isOrphan { return try await self.clearOrphan(workspace, for: repository) }
        if let obstacle = try await self.obstacle(workspace, to: repository, from: repository) { throw obstacle }
        await self.occupants?.leave(workspace.session)
        // The processes could write until they were ended.
        if let obstacle = try await self.obstacle(workspace, to: repository, from: repository) { throw obstacle }
        try await Self.discard(workspace.layout.path, in: self.folder)
    }

    private func obstacle(
        _ workspace: Workspace, to repository: String?, from current: String?
    ) async throws -> WorkspaceFailure? {
        let (reason, remedy): (String, String)
        if try await self.occupants?.isWorking(in: workspace.session) == true {
            (reason, remedy) = Self.working
        } else if let work = try await workspace.unsavedWork() {
            (reason, remedy) = (work.reason, work.remedy)
        } else {
            return nil
        }
        var steps: [String] = []
        // Commands work on these files only while the thread has chosen their repository.
        if let name = workspace.repositoryName, name != current { steps.append("choose `repo \(name)`") }
        steps += [remedy, "then " + (repository.map { "choose `repo \($0)` again" } ?? "try again")]
        return WorkspaceFailure(
            "the thread's workspace still \(Self.origin(workspace)), and \(reason): "
                + steps.joined(separator: ", "))
    }

    /// Nothing can be committed to a repository that is no longer configured. So nobody is asked to: files that may be
    /// nowhere else are set aside.
    private func clearOrphan(_ workspace: Workspace, for repository: String?) async throws {
        let session = workspace.session
        let origin = Self.origin(workspace)
        if try await self.occupants?.isWorking(in: session) == true {
            throw WorkspaceFailure(
                "the thread's workspace still \(origin), which is no longer configured, and "
                    + "\(Self.working.reason): \(Self.working.remedy), then try again")
        }
        await self.occupants?.leave(session)
        // What can't be checked, because the repository's objects are gone too, counts as unsaved.
        let isSaved = (try? await workspace.unsavedWork() == nil) ?? false
        if isSaved { return try await Self.discard(workspace.layout.path, in: self.folder) }
        let kept = try await self.keep(session)
        let name = kept.split(separator: "/").last ?? ""
        self.logger.warning(
            "a workspace with unsaved work was set aside: its repository is no longer configured",
            [
                "session": .string(session), "repository": .string(workspace.repositoryName ?? "none"),
                "folder": .string(kept),
            ])
        await self.occupants?.report(
            "The thread's workspace \(origin), which is no longer configured, and may have changes that are not "
                + "committed. It was set aside on the server as `workspaces/\(name)`: ask the operator for it. The thread "
                + "now has fresh files\(repository.map { " of `\($0)`" } ?? "").", in: session)
    }

    /// Sets a workspace aside, and returns its new path.
    func keep(_ session: String) async throws -> String {
        let path = "\(self.folder)/\(Self.kept)\(session)-\(String(self.now(), radix: 36))"
        try await Self.move(self.layout(session).path, to: path)
        return path
    }

    private static let working = (
        reason: "a command or a job runs in it", remedy: "wait until it has ended, or end it with `stop` or `kill JOB`"
    )

    private static func origin(_ workspace: Workspace) -> String {
        workspace.repositoryName.map { "belongs to the repository `\($0)`" } ?? "has no repository"
    }

    @concurrent
    private static func move(_ path: String, to other: String) async throws {
        _ = try FolderTree.rename(path, to: other)
    }
}
