internal import Chat

/// A short command on the thread's files.
struct WorkspaceTurn: TurnWorker {
    let bench: Workbench
    private let work: @Sendable (Workbench, TurnRequest, any TurnThread) async throws -> Void

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.bench.working { try await self.work(self.bench, request, thread) }
    }

    /// `commit [message]`: commits the workspace's changes to the thread's branch.
    static func commit(_ bench: Workbench) -> Self {
        Self(bench: bench) { bench, request, thread in
            let message = request.text.isEmpty ? WorkbenchTexts.defaultMessage : request.text
            let commit = try await bench.commit(
                message, for: request, takingOver: .all, update: .possible, in: thread)
            if commit == nil { try await thread.report(.text(WorkbenchTexts.nothingToCommit)) }
        }
    }

    /// `diff`: what has changed since the branch's last commit.
    static func diff(_ bench: Workbench) -> Self {
        Self(bench: bench) { bench, request, thread in
            let diff = try await bench.workspace(for: request).diff()
            try await thread.report(diff.isEmpty ? .text(WorkbenchTexts.nothingChanged) : .diff(diff))
        }
    }

    /// `snapshot`: records the state of the files.
    static func snapshot(_ bench: Workbench) -> Self {
        Self(bench: bench) { bench, request, thread in
            let snapshot = try await bench.workspace(for: request).snapshot("by \(request.sender.displayName)")
            try await thread.report(.text(WorkbenchTexts.snapshotTaken(snapshot.id)))
        }
    }
}
