/// A session that changes to another repository gets another workspace.
extension Workspaces {
    /// Why a session's workspace can't be replaced by one of `repository` now, and what to do; nil if it can.
    ///
    /// - Parameter current: The repository that the session has chosen so far.
    package func obstacle(
        session: String, to repository: String, from current: String?
    ) async throws -> WorkspaceFailure? {
        guard let workspace = try await self.existing(session), workspace.repositoryName != repository else {
            return nil
        }
        return try await self.obstacle(workspace, to: repository, from: current)
    }

    /// Makes room for a session's workspace of another repository, nil for none. Throws ``WorkspaceFailure`` if the old one
    /// has unsaved work.
    func clear(_ workspace: Workspace, for repository: String?) async throws {
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
        if try await self.occupants?.isWorking(workspace.session) == true {
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

    private static let working = (
        reason: "a command or a job runs in it", remedy: "wait until it has ended, or end it with `stop` or `kill JOB`"
    )

    private static func origin(_ workspace: Workspace) -> String {
        workspace.repositoryName.map { "belongs to the repository `\($0)`" } ?? "has no repository"
    }
}
