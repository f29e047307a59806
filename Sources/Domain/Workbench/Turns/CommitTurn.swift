internal import Chat
internal import Workspaces

/// `commit [message]`: commits the workspace's changes to the thread's branch.
struct CommitTurn: TurnWorker {
    let bench: Workbench

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.bench.working(for: request) { workspace in
            let message = request.text.isEmpty ? WorkbenchTexts.defaultMessage : request.text
            let commit = try await self.bench.commit(message, of: workspace, for: request, in: thread)
            if commit == nil { try await thread.report(.text(WorkbenchTexts.nothingToCommit)) }
        }
    }
}
