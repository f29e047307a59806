internal import Chat

/// `snapshot`: records the state of the files.
struct SnapshotTurn: TurnWorker {
    let bench: Workbench

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.bench.working {
            let workspace = try await self.bench.workspace(for: request)
            let snapshot = try await workspace.snapshot("by \(request.sender.displayName)")
            try await thread.report(.text(WorkbenchTexts.snapshotTaken(snapshot.id)))
        }
    }
}
