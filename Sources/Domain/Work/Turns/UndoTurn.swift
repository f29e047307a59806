internal import Audit
internal import Chat
internal import Git
internal import JSON
internal import Store

/// `undo [ID]`: reverts the last command that changed files, or restores a snapshot.
struct UndoTurn: TurnWorker {
    let bench: Workbench

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.bench.working {
            let workspace = try await self.bench.workspace(for: request)
            guard request.text.isEmpty else {
                let (record, conflicts) = try await self.restore(request.text, workspace, request)
                let text = WorkbenchTexts.restored(request.text, record: record.id)
                return try await thread.report(.text(text + WorkbenchTexts.changedByOthers(conflicts)))
            }
            let (store, session) = (self.bench.store, request.session)
            let change = try await store.read { ledger in try ledger.lastChange(of: session) }
            guard let job = change?.job, let snapshot = change?.snapshot else {
                return try await thread.report(.text(WorkbenchTexts.nothingToUndo))
            }
            let (record, conflicts) = try await self.restore(snapshot, workspace, request)
            try await store.write(ofSession: session) { ledger in try ledger.markUndone(job.id, of: session) }
            let text = WorkbenchTexts.undone(job.command, record: record.id)
            try await thread.report(.text(text + WorkbenchTexts.changedByOthers(conflicts)))
        }
    }

    /// Recorded before it happens, so that nothing is changed without a record. Returns the files that others have changed
    /// as well.
    private func restore(
        _ id: String, _ workspace: any WorkspaceFiles, _ request: TurnRequest
    ) async throws -> (WorkspaceSnapshot, conflicts: [String]) {
        let saved = try await workspace.snapshot(WorkbenchTexts.restoreReason(id))
        let plan = try await workspace.restorePlan(id)
        let files = AuditFiles(plan.changes)
        let (snapshot, before) = (JSON.string(id), JSON.string(saved.id))
        try await self.bench.announce(
            AuditEntry(
                .restored, of: request,
                [
                    "snapshot": snapshot, "saved": before, "files": files.first,
                    "files_changed": JSON(plan.changes.count),
                ]))
        for batch in files.others {
            try await self.bench.announce(
                AuditEntry(.files, of: request, ["snapshot": snapshot, "files": batch]))
        }
        do {
            return (try await workspace.restore(id), plan.conflicts)
        } catch {
            try? await self.bench.audit.record(
                AuditEntry(
                    .restored, of: request, ["snapshot": snapshot, "saved": before, "error": .string("\(error)")]))
            throw error
        }
    }
}
