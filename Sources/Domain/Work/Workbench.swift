package import Audit
package import Chat
internal import Git
internal import JSON
internal import Jail
internal import Lifecycle
package import Logging
internal import Primitives
package import Store

/// What people do in a workspace: commands, jobs, snapshots, files. Makes the turns of those commands.
package final class Workbench: CommandDesk, Service {
    package let name = "workbench"
    /// Nil where no jail works.
    private let shells: (any ShellDirectory)?
    package let workspaces: any WorkspaceDirectory
    let audit: any AuditRecorder
    let store: SessionStore
    let running: RunningJobs
    /// Where ended jobs are reported.
    private let notices: any ThreadNotices
    let settings: PerRepository<WorkbenchSettings>
    let policy: CommandPolicy
    let status: @Sendable () -> JailReport
    /// Counts an ended command: how it ended, and its duration in seconds.
    let observe: @Sendable (_ result: String, _ seconds: Double) -> Void
    let logger: Logger
    private let stopping = Signal()
    private let measuring = RepeatedWork()

    package init(
        shells: (any ShellDirectory)?, workspaces: any WorkspaceDirectory, audit: any AuditRecorder,
        store: SessionStore,
        running: RunningJobs, notices: any ThreadNotices, settings: PerRepository<WorkbenchSettings>,
        policy: @escaping CommandPolicy, status: @escaping @Sendable () -> JailReport,
        observe: @escaping @Sendable (_ result: String, _ seconds: Double) -> Void, logger: Logger
    ) {
        self.shells = shells
        self.workspaces = workspaces
        self.audit = audit
        self.store = store
        self.running = running
        self.notices = notices
        self.settings = settings
        self.policy = policy
        self.status = status
        self.observe = observe
        self.logger = logger
    }

    /// The workers by command.
    package var workers: [TurnKind: any TurnWorker] {
        [
            .run: RunTurn(bench: self), .snapshot: WorkspaceTurn.snapshot(self), .undo: UndoTurn(bench: self),
            .diff: WorkspaceTurn.diff(self), .files: FilesTurn(bench: self), .commit: WorkspaceTurn.commit(self),
        ]
    }

    /// Records the end of commands that the last run left without one. Call it before the bridge recovers.
    package func recover(in places: Places = .all) async throws {
        for record in try await self.store.read({ ledger in try ledger.runningJobs(in: places) }) {
            let job = record.job
            try await self.audit.record(
                AuditEntry(
                    kind: .commandEnded, session: job.session, turn: job.turn, actor: record.actor,
                    details: ["job": .string(job.id), "command": .string(job.command), "status": "interrupted"]))
        }
    }

    package func run() async throws {
        await self.stopping.wait()
        try Task.checkCancellation()
    }

    /// Ends all commands and jails, and waits for them. As a service it stops after the bridge, whose turns wait for some
    /// of them.
    package func stop() async {
        await self.running.endAll()
        await self.shells?.end()
        self.stopping.signal()
    }

    func report(_ text: String, in session: String) async {
        await self.report(in: session) { try await $0.post(text, in: session) }
    }

    /// Reports a commit that a job made.
    func report(_ commit: CommitNotice, in session: String) async {
        await self.report(in: session) { try await $0.post(commit, in: session) }
    }

    private func report(in session: String, _ post: (any ThreadNotices) async throws -> Void) async {
        do { try await post(self.notices) } catch {
            self.logger.error(
                "the end of a job could not be reported", ["session": .string(session), "error": .string("\(error)")])
        }
    }

    /// Where the session's shell is, as the jail sees it.
    package func directory(of session: String) -> String { self.running.directory(of: session) }

    func shell(of place: SessionPlace, for user: String, workspace: any WorkspaceFiles) async throws -> any Shell {
        guard let shells = self.shells else { throw JailFailure("no jail works here") }
        return try await shells.shell(of: place, for: user, workspace: workspace)
    }

    /// Begins to measure what a workspace occupies, for the quota of its session's person.
    func measure(_ workspace: any WorkspaceFiles, of session: String) {
        // Nobody waits for it: a large workspace takes seconds.
        self.measuring.begin(session) { await self.store.measure(workspace, of: session) }
    }

    /// Throws where commands cannot run: nothing would work on the files.
    func workspace(of place: SessionPlace) async throws -> any WorkspaceFiles {
        if let reason = self.status().refusal { throw WorkspaceFailure(WorkbenchTexts.noJail(reason)) }
        return try await self.workspaces.workspace(of: place)
    }

    /// Whether commands can run at all.
    package var canRun: Bool { self.status().refusal == nil }

    // MARK: CommandDesk

    package var jail: String {
        let status = self.status()
        return status.refusal ?? status.summary
    }

    package func jobs(of session: String) async throws -> [Job] {
        let left = await self.leftovers(of: session)
        let stored = try await self.store.read { ledger in try ledger.jobs(of: session) }
        return left + stored
    }

    package func job(_ id: String, of session: String) async throws -> Job? {
        if Self.process(id) != nil { return await self.leftovers(of: session).first { $0.id == id.lowercased() } }
        return try await self.store.read { ledger in try ledger.job(id, of: session) }
    }

    package func kill(_ job: String, of session: String) async throws -> Bool {
        guard let process = Self.process(job) else { return await self.running.end(job, of: session) }
        return await self.shells?.endLeftover(process, of: session) ?? false
    }

    /// What commands have left running, as jobs whose ids are those of the processes in the jail: `p12`.
    private func leftovers(of session: String) async -> [Job] {
        let now = WallClock.now()
        return (await self.shells?.leftovers(of: session) ?? []).map { process in
            Job(
                id: "p\(process.id)", session: session, turn: "", command: process.command, isBackground: true,
                startedAt: now - Int64(process.age / .milliseconds(1)))
        }
    }

    private static func process(_ job: String) -> Int? {
        guard let first = job.first, first == "p" || first == "P" else { return nil }
        return Int(job.dropFirst())
    }

    package func endLeftovers(of session: String) async -> Bool {
        guard await self.shells?.endLeftovers(of: session) == true else { return false }
        self.running.setDirectory(WorkbenchTexts.root, of: session)
        return true
    }

    package var sessions: Set<String> {
        get async { self.running.sessions.union(await self.shells?.sessions ?? []) }
    }

    package func abandon(_ sessions: Set<String>) async {
        self.running.cancel(sessions)
        for session in sessions { await self.shells?.end(session) }
    }

    package func obstacle(to repository: String, from current: String?, in session: String) async -> String? {
        guard self.canRun else { return nil }
        // What can't be checked now is checked again when the thread next uses its files.
        return (try? await self.workspaces.obstacle(to: repository, from: current, in: session)) ?? nil
    }

    package func progress(
        of job: String, in session: String, after position: Int, isWaiting: Bool
    ) async throws -> JobProgress {
        if let output = self.running.output(of: job, in: session) {
            return await output.progress(after: position, isWaiting: isWaiting)
        }
        if Self.process(job) != nil {
            return JobProgress(position: position, output: [], ending: WorkbenchTexts.noOutput(of: job))
        }
        let ending = try await self.job(job, of: session)?.ending
        return JobProgress(position: position, output: [], ending: ending ?? WorkbenchTexts.unknownEnding)
    }

    package func files(below path: String, in place: SessionPlace) async throws -> [PlaceFile] {
        try await self.workspace(of: place).list(path, limit: FilesTurn.limit).map {
            PlaceFile(path: $0.path, kind: $0.kind.rawValue, size: $0.size)
        }
    }

    package func open(_ path: String, in place: SessionPlace) async throws -> PlaceContent {
        try await self.workspace(of: place).open(path)
    }

    package func diff(in place: SessionPlace) async throws -> String {
        try await self.workspace(of: place).diff()
    }

    package func snapshots(in place: SessionPlace) async throws -> [PlaceSnapshot] {
        try await self.workspace(of: place).snapshots().map {
            PlaceSnapshot(id: $0.id, reason: $0.reason, at: $0.at)
        }
    }

    package func receive(
        _ file: TurnFile, in place: SessionPlace, from sender: Sender, turn: String
    ) async throws -> String {
        // Without a jail nothing could use the file.
        guard self.status().refusal == nil else { return file.name }
        let workspace = try await self.workspace(of: place)
        let placed = TurnFile(name: try await Self.freeName(for: file, in: workspace), bytes: file.bytes)
        let snapshot = try await workspace.snapshot(WorkbenchTexts.snapshotReason(placed.name))
        try await self.audit.record(
            AuditEntry(
                kind: .files, session: place.session, turn: turn, actor: sender.id,
                details: [
                    "direction": "received", "files": [AuditFiles.file(placed)], "snapshot": .string(snapshot.id),
                ]))
        try await workspace.write(placed.bytes, to: placed.name)
        self.measure(workspace, of: place.session)
        return placed.name
    }

    /// The file's name, or one with a number if something else has it: a person who sends a picture does not mean to
    /// replace another, nor a file of the repository. A file that is there already, as after a crash, keeps its name.
    private static func freeName(for file: TurnFile, in workspace: any WorkspaceFiles) async throws -> String {
        let dot = file.name.lastIndex(of: ".").flatMap { $0 == file.name.startIndex ? nil : $0 } ?? file.name.endIndex
        var failure: (any Error)?
        for number in 1...100 {
            let name = number == 1 ? file.name : "\(file.name[..<dot])-\(number)\(file.name[dot...])"
            do {
                guard let other = try await workspace.find(name, limit: file.bytes.count) else { return name }
                if other.bytes == file.bytes { return name }
            } catch {
                // A longer file, a folder or a link has the name.
                failure = error
            }
        }
        throw failure ?? WorkspaceFailure(WorkbenchTexts.noFreeName(file.name))
    }
}
