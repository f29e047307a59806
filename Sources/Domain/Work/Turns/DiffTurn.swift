internal import Chat

/// `diff`: what has changed since the branch's last commit.
struct DiffTurn: TurnWorker {
    let bench: Workbench

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.bench.working {
            let workspace = try await self.bench.workspace(for: request)
            let diff = try await workspace.diff()
            try await thread.report(diff.isEmpty ? .text(WorkbenchTexts.nothingChanged) : .diff(diff))
        }
    }
}
