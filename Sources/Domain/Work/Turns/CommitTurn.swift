internal import Chat

/// `commit [message]`: commits the workspace's changes to the thread's branch.
struct CommitTurn: TurnWorker {
    let bench: Workbench

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.bench.working {
            let message = request.text.isEmpty ? WorkbenchTexts.defaultMessage : request.text
            let commit = try await self.bench.commit(
                message, for: request, takingOver: .all, update: .possible, in: thread)
            if commit == nil { try await thread.report(.text(WorkbenchTexts.nothingToCommit)) }
        }
    }
}
