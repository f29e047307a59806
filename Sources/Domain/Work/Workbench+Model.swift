internal import Audit
package import Chat
internal import Jail

/// What a model does through the workbench, after the gate has decided.
extension Workbench {
    /// Runs a command in a fresh shell of the session's jail, with snapshot and audit, and returns when it has ended.
    /// Commits that it makes wait for a decision: see ``jailCommits(for:)``. Throws ``TurnFailure`` if it did not run. When the task is cancelled, the command is
    /// ended with all its processes and reported as stopped.
    ///
    /// - Parameters:
    ///   - timeout: At most the configured one, which nil stands for.
    ///   - rule: The name of the policy's rule that decided.
    ///   - approval: Who approved it, and by which ask; nil if it needed nobody.
    ///   - thread: Where an address that the command wants to reach is asked about; nil refuses it.
    ///   - report: Gets the output as it comes.
    package func execute(
        _ command: String, timeout: Duration? = nil, for request: TurnRequest, rule: String,
        approval: (by: String, ask: String?)?, in thread: (any TurnThread)?,
        report: @escaping @Sendable (CommandOutput) async throws -> Void
    ) async throws -> CommandReport {
        guard request.role >= .member else { throw TurnFailure(WorkbenchTexts.guest) }
        if let reason = self.status().refusal { throw TurnFailure(WorkbenchTexts.noJail(reason)) }
        let run = CommandRun(
            bench: self, request: request, command: command, place: .fresh, rule: rule,
            approval: approval, timeout: timeout, holdsCommits: true, update: .none)
        let begun = try await run.begin(in: thread)
        return try await run.perform(begun, in: thread, report: report)
    }

    /// What a commit would take now. Returns nil if nothing has changed.
    package func commitDraft(for request: TurnRequest) async throws -> CommitDraft? {
        try await self.workspace(for: request, update: .none).draft()
    }

    /// The commits made in the jail that the branch lacks, or nil.
    package func jailCommits(for request: TurnRequest) async throws -> JailCommits? {
        try await self.workspace(for: request, update: .none).jailCommits()
    }

    /// Puts commits of the jail on the thread's branch and posts them. Returns how many.
    ///
    /// - Parameter digest: Of those about which was decided; throws a `WorkspaceFailure` if they are no longer the same.
    package func takeOver(_ digest: String, for request: TurnRequest, in thread: any TurnThread) async throws -> Int {
        let workspace = try await self.workspace(for: request, update: .none)
        let commits = try await workspace.takeOverCommits(
            .decided(digest: digest), by: request.sender, turn: request.id)
        for commit in commits { try await self.report(commit, of: request, in: thread) }
        return commits.count
    }

    /// Commits the workspace's changes to the thread's branch and posts the commit. Returns nil if nothing has
    /// changed.
    ///
    /// - Parameters:
    ///   - digest: The draft's; throws a `WorkspaceFailure` if the files are no longer the same.
    ///   - task: The task that the commit does; nil for none.
    ///   - right: Which commits of the jail it may put on the branch before; others keep it from committing.
    ///   - update: Of the workspace, before it is committed.
    package func commit(
        _ message: String, expecting digest: String? = nil, for request: TurnRequest, task: String? = nil,
        takingOver right: JailCommitsRight = .ofPeople, update: SessionPlace.Update = .none, in thread: any TurnThread
    ) async throws -> CommitNotice? {
        let workspace = try await self.workspace(for: request, update: update)
        // A host that was killed may have left some.
        do {
            for commit in try await workspace.takeOverCommits(right, by: request.sender, turn: request.id) {
                try await self.report(commit, of: request, in: thread)
            }
        } catch let failure as WorkspaceFailure {
            throw WorkspaceFailure(
                "nothing was committed, because commits made in the jail come first: \(failure.message)")
        }
        let made = try await workspace.commit(
            message, by: request.sender, turn: request.id, task: task, expecting: digest)
        if let commit = made { try await self.report(commit, of: request, in: thread) }
        return made
    }

    private func report(
        _ commit: CommitNotice, of request: TurnRequest, in thread: any TurnThread
    ) async throws {
        // Recorded first: a commit that the thread does not show is recorded at the next start, one that it shows is not.
        var notice: String?
        do {
            try await self.audit.record(
                .commit(commit, session: request.session, turn: request.id, actor: request.sender.id))
        } catch {
            notice = WorkbenchTexts.commitIsNotRecorded("\(error)")
        }
        try await thread.report(.commit(commit))
        if let notice { try await thread.report(.notice(notice)) }
    }
}
