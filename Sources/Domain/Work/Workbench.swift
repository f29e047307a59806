internal import Audit
package import Chat
internal import Git
internal import JSON
package import Logging
internal import Primitives

/// What people do in a workspace: commands, jobs, snapshots, files. Makes the turns of those commands.
package final class Workbench: CommandDesk {
    let shells: any ShellDirectory
    let workspaces: any WorkspaceDirectory
    let audit: any AuditRecorder
    let log: any JobLog
    let running = RunningJobs()
    /// By the repository that the thread works in; nil for the default one.
    let settings: @Sendable (_ repository: String?) -> WorkbenchSettings
    let policy: CommandPolicy
    let status: @Sendable () -> JailReport
    /// Counts an ended command: how it ended, and its duration in seconds.
    let observe: @Sendable (_ result: String, _ seconds: Double) -> Void
    let logger: Logger
    private let notices = Protected<(any ThreadNotices)?>(nil)
    private let directories = Protected<[String: String]>([:])
    private let threads = Protected<[String: any TurnThread]>([:])

    package init(
        shells: any ShellDirectory, workspaces: any WorkspaceDirectory, audit: any AuditRecorder, log: any JobLog,
        settings: @escaping @Sendable (_ repository: String?) -> WorkbenchSettings, policy: @escaping CommandPolicy,
        status: @escaping @Sendable () -> JailReport,
        observe: @escaping @Sendable (_ result: String, _ seconds: Double) -> Void, logger: Logger
    ) {
        self.shells = shells
        self.workspaces = workspaces
        self.audit = audit
        self.log = log
        self.settings = settings
        self.policy = policy
        self.status = status
        self.observe = observe
        self.logger = logger
    }

    /// The workers by command.
    package var workers: [TurnKind: any TurnWorker] {
        [
            .run: RunTurn(bench: self), .snapshot: SnapshotTurn(bench: self), .undo: UndoTurn(bench: self),
            .diff: DiffTurn(bench: self), .files: FilesTurn(bench: self), .commit: CommitTurn(bench: self),
        ]
    }

    /// Where ended jobs are reported.
    package func attach(_ notices: any ThreadNotices) { self.notices.withLock { $0 = notices } }

    /// Records the end of commands that the last run left without one. Call it before the bridge recovers.
    package func recover() async throws {
        for (job, actor) in try await self.log.unfinished() {
            try await self.audit.record(
                AuditEntry(
                    kind: .commandEnded, session: job.session, turn: job.turn, actor: actor,
                    details: ["job": .string(job.id), "command": .string(job.command), "status": "interrupted"]))
        }
    }

    /// Ends all running commands and waits for them.
    package func stop() async { await self.running.endAll() }

    package func report(_ text: String, in session: String) async {
        await self.report(in: session) { try await $0.post(text, in: session) }
    }

    /// Reports a commit that a job made.
    func report(_ commit: CommitNotice, in session: String) async {
        await self.report(in: session) { try await $0.post(commit, in: session) }
    }

    private func report(in session: String, _ post: (any ThreadNotices) async throws -> Void) async {
        guard let notices = self.notices.withLock({ $0 }) else { return }
        do { try await post(notices) } catch {
            self.logger.error(
                "the end of a job could not be reported", ["session": .string(session), "error": .string("\(error)")])
        }
    }

    /// Where the session's shell is, as the jail sees it.
    package func directory(of session: String) -> String {
        self.directories.withLock { $0[session] } ?? WorkbenchTexts.root
    }

    func setDirectory(_ directory: String, of session: String) {
        self.directories.withLock { $0[session] = directory == WorkbenchTexts.root ? nil : directory }
    }

    /// The thread of the session's command that people wait for.
    func thread(of session: String) -> (any TurnThread)? { self.threads.withLock { $0[session] } }

    func setThread(_ thread: (any TurnThread)?, of session: String) {
        self.threads.withLock { $0[session] = thread }
    }

    /// Whether commands can run at all.
    package var canRun: Bool { self.status().refusal == nil }

    // MARK: CommandDesk

    package var jail: String {
        let status = self.status()
        return status.refusal ?? status.summary
    }

    package func jobs(of session: String) async throws -> [Job] { try await self.log.jobs(of: session) }

    package func job(_ id: String, of session: String) async throws -> Job? { try await self.log.job(id, of: session) }

    package func kill(_ job: String, of session: String) async throws -> Bool {
        await self.running.end(job, of: session)
    }

    package func endLeftovers(of session: String) async -> Bool {
        guard await self.shells.endLeftovers(of: session) else { return false }
        self.setDirectory(WorkbenchTexts.root, of: session)
        return true
    }

    package func obstacle(to repository: String, from current: String?, in session: String) async -> String? {
        // What can't be checked now is checked again when the thread next uses its files.
        (try? await self.workspaces.obstacle(to: repository, from: current, in: session)) ?? nil
    }

    package func progress(
        of job: String, in session: String, after position: Int, isWaiting: Bool
    ) async throws -> JobProgress {
        if let output = self.running.output(of: job, in: session) {
            return await output.progress(after: position, isWaiting: isWaiting)
        }
        let ending = try await self.log.job(job, of: session)?.ending
        return JobProgress(position: position, output: [], ending: ending ?? WorkbenchTexts.unknownEnding)
    }

    package func files(below path: String, in place: SessionPlace) async throws -> [PlaceFile] {
        try await self.workspaces.workspace(of: place).list(path, limit: FilesTurn.limit).map {
            PlaceFile(path: $0.path, kind: $0.kind.rawValue, size: $0.size)
        }
    }

    package func file(_ path: String, in place: SessionPlace, limit: Int) async throws -> [UInt8] {
        try await self.workspaces.workspace(of: place).read(path, limit: limit)
    }

    package func diff(in place: SessionPlace) async throws -> String {
        try await self.workspaces.workspace(of: place).diff()
    }

    package func snapshots(in place: SessionPlace) async throws -> [PlaceSnapshot] {
        try await self.workspaces.workspace(of: place).snapshots().map {
            PlaceSnapshot(id: $0.id, reason: $0.reason, at: $0.at)
        }
    }

    package func receive(_ file: TurnFile, in place: SessionPlace, from sender: Sender, turn: String) async throws {
        // Without a jail nothing could use the file.
        guard self.status().refusal == nil else { return }
        let workspace = try await self.workspaces.workspace(of: place)
        let snapshot = try await workspace.snapshot(WorkbenchTexts.snapshotReason(file.name))
        try await self.audit.record(
            AuditEntry(
                kind: .files, session: place.session, turn: turn, actor: sender.id,
                details: [
                    "direction": "received", "files": [AuditFiles.file(file)], "snapshot": .string(snapshot.id),
                ]))
        try await workspace.write(file.bytes, to: file.name)
    }
}
