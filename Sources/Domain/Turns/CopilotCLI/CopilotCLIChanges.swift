internal import Audit
internal import Chat
internal import Git
internal import JSON
internal import Lifecycle
internal import Primitives
internal import Store
internal import Work

/// What a turn of the CLI changes: recorded before the first change, and when the CLI has ended.
final class CopilotCLIChanges: Sendable {
    private let request: TurnRequest
    private let workspace: any WorkspaceFiles
    private let store: SessionStore
    private let audit: any AuditRecorder
    /// Stores that the turn changes files, with the state before.
    private let willChange: @Sendable (TurnRequest, WorkspaceSnapshot) async throws -> Void
    /// Records the state before the first change; nil before one.
    private let first = Protected<Task<WorkspaceSnapshot, any Error>?>(nil)

    init(
        of request: TurnRequest, in workspace: any WorkspaceFiles, store: SessionStore, audit: any AuditRecorder,
        willChange: @escaping @Sendable (TurnRequest, WorkspaceSnapshot) async throws -> Void
    ) {
        self.request = request
        self.workspace = workspace
        self.store = store
        self.audit = audit
        self.willChange = willChange
    }

    /// To be called before each change; only the first is recorded.
    func begin() async throws {
        let task = self.first.withLock { first in
            if let task = first { return task }
            // Unstructured: changes that are permitted at the same time wait for one record.
            let task = Task {
                let snapshot = try await self.workspace.snapshot("before the turn's changes")
                try await self.willChange(self.request, snapshot)
                return snapshot
            }
            first = task
            return task
        }
        do {
            _ = try await task.value
        } catch {
            self.first.withLock { first in if first == task { first = nil } }
            throw error
        }
    }

    /// Records the changed files, and what the workspace takes. A turn that changed none leaves nothing for `undo`. Also
    /// when the turn is stopped.
    func end() async {
        let snapshot = try? await self.first.withLock({ $0 })?.value
        await withGrace(.seconds(120)) {
            if let snapshot { _ = try? await self.end(snapshot) }
            await self.store.measure(self.workspace, of: self.request.session)
        }
    }

    private func end(_ snapshot: WorkspaceSnapshot) async throws {
        let changes = try await self.workspace.changes(from: snapshot.id, to: nil)
        guard changes.count > 0 else { return try await self.forget() }
        for files in AuditFiles(changes).all {
            try await self.audit.record(
                AuditEntry(
                    .files, of: self.request,
                    ["snapshot": .string(snapshot.id), "files": files, "files_changed": JSON(changes.count)]))
        }
    }

    private func forget() async throws {
        let request = self.request
        try await self.store.write(ofSession: request.session) { ledger in
            guard let change = try ledger.lastChange(of: request.session), change.job.turn == request.id else { return }
            try ledger.markUndone(change.job.id, of: request.session)
        }
    }
}
