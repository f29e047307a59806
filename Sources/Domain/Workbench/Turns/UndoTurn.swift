internal import Chat
internal import Workspaces

/// `undo [ID]`: reverts the last command that changed files, or restores a snapshot.
struct UndoTurn: TurnWorker {
    let bench: Workbench

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.bench.working(for: request) { workspace in
            guard request.text.isEmpty else {
                let record = try await workspace.restore(request.text)
                return try await thread.report(.text(WorkbenchTexts.restored(request.text, record: record.id)))
            }
            guard let (job, snapshot) = try await self.bench.log.lastChange(of: request.session) else {
                return try await thread.report(.text(WorkbenchTexts.nothingToUndo))
            }
            let record = try await workspace.restore(snapshot)
            try await self.bench.log.markUndone(job)
            try await thread.report(.text(WorkbenchTexts.undone(job.command, record: record.id)))
        }
    }
}
