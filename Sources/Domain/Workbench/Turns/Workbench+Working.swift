internal import Chat
internal import Workspaces

extension Workbench {
    /// Runs a turn on the workspace of a request, whose failures become the turn's.
    func working(
        for request: TurnRequest, _ body: (any WorkspaceFiles) async throws -> Void
    ) async throws -> TurnEnding {
        guard request.role >= .member else { throw TurnFailure(WorkbenchTexts.guest) }
        do {
            try await body(
                try await self.workspaces.workspace(
                    of: SessionPlace(session: request.session, repository: request.repository)))
            return .complete
        } catch let failure as WorkspaceFailure {
            throw TurnFailure(failure.message)
        }
    }

    /// Reports a commit that a job made.
    func report(_ commit: CommitNotice, in session: String) async {
        await self.report(
            "Commit `\(commit.sha.prefix(7))` on `\(commit.branch)`: \(WorkbenchTexts.plain(commit.subject))",
            in: session)
    }
}
