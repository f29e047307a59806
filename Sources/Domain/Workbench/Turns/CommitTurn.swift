internal import Chat
internal import Workspaces

/// `commit [message]`: commits the workspace's changes to the thread's branch.
struct CommitTurn: TurnWorker {
    let bench: Workbench

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.bench.working(for: request) { workspace in
            let message = request.text.isEmpty ? WorkbenchTexts.defaultMessage : request.text
            guard let commit = try await self.bench.commit(message, of: workspace, for: request) else {
                return try await thread.report(.text(WorkbenchTexts.nothingToCommit))
            }
            try await thread.report(.commit(commit))
            do {
                try await self.bench.audit.record(
                    self.bench.entry(
                        .commit, of: request,
                        [
                            "repository": .string(commit.repository), "sha": .string(commit.sha),
                            "branch": .string(commit.branch), "subject": .string(commit.subject),
                        ]))
            } catch {
                try await thread.report(.notice(WorkbenchTexts.commitIsNotRecorded("\(error)")))
            }
        }
    }
}
