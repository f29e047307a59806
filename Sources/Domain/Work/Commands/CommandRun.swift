internal import Audit
internal import Chat
internal import Git
internal import JSON
internal import Jail
internal import Logging
internal import Primitives
internal import Store
internal import Telemetry

/// One command, from its audit entry to what it changed.
struct CommandRun: Sendable {
    let bench: Workbench
    let request: TurnRequest
    let command: String
    let place: ShellCommand.Place
    /// The name of the policy's rule that decided.
    let rule: String
    /// Who approved it, and by which ask; nil if it needed nobody.
    let approval: (by: String, ask: String?)?
    /// Shorter than the limit of the settings; nil for that limit.
    var timeout: Duration?
    /// It is a model's: commits that it makes wait for a decision.
    var holdsCommits = false
    /// Of the workspace, before it runs.
    var update = SessionPlace.Update.unlessCommits

    /// A command that is recorded but does not run yet.
    struct Begun: Sendable {
        let job: Job
        let workspace: any WorkspaceFiles
        /// Of the files before it; nil if the disk was full.
        let snapshot: WorkspaceSnapshot?
        let shell: any Shell
        let output = JobOutput()
        let handle = TaskHandle()
    }

    private var sessionPlace: SessionPlace { SessionPlace(of: self.request, update: self.update) }

    private var isBackground: Bool { self.place == .background }

    // Change: a command's approval and record
    /// Takes the snapshot and records the start. Throws ``TurnFailure``; then nothing runs.
    ///
    /// - Parameter thread: Where people wait for the command; nil if nobody does.
    func begin(in thread: (any TurnThread)?) async throws -> Begun {
        let workspace: any WorkspaceFiles
        let snapshot: WorkspaceSnapshot?
        let shell: any Shell
        do {
            workspace = try await self.bench.workspace(of: self.sessionPlace)
            snapshot = try await self.snapshot(of: workspace)
            // Commands of one thread's turns run one after the other; only jobs of people run beside a model's.
            if self.holdsCommits {
                try await workspace.holdCommits()
            } else {
                try await workspace.releaseCommits()
            }
            shell = try await self.bench.shell(
                of: self.sessionPlace, for: self.request.sender.id, workspace: workspace)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw TurnFailure("The command was not run: \(error)")
        }
        let job: Job
        do {
            let now = WallClock.now()
            job = try await self.bench.store.write(ofSession: self.request.session) { ledger in
                try ledger.insertJob(
                    session: self.request.session, turn: self.request.id, actor: self.request.sender.id,
                    command: self.command, isBackground: self.isBackground, snapshot: snapshot?.id, at: now)
            }
        } catch {
            throw TurnFailure(WorkbenchTexts.notRecorded("\(error)"))
        }
        let begun = Begun(job: job, workspace: workspace, snapshot: snapshot, shell: shell)
        do {
            try await self.bench.audit.record(AuditEntry(.commandStarted, of: self.request, self.startDetails(begun)))
        } catch {
            // What is not recorded does not run.
            try? await self.end(job, "not run", hasChanges: false)
            throw TurnFailure(WorkbenchTexts.notRecorded("\(error)"))
        }
        guard self.bench.running.add(job, begun.output, in: thread, cancel: { begun.handle.cancel() }) else {
            try? await self.recordEnd(begun, "not run", details: ["status": "not run"], hasChanges: false)
            throw TurnFailure(WorkbenchTexts.stopping)
        }
        return begun
    }

    /// The state of the files before the command. Nil if the disk is full and the command is a person's: it may be the one
    /// that frees space.
    private func snapshot(of workspace: any WorkspaceFiles) async throws -> WorkspaceSnapshot? {
        do {
            return try await workspace.snapshot(WorkbenchTexts.snapshotReason(self.command))
        } catch let failure as WorkspaceFailure where failure.isDiskFull && !self.holdsCommits {
            return nil
        }
    }

    /// Runs the command. A cancelled task ends it with all its processes; it is recorded all the same. Throws
    /// ``TurnFailure`` when no jail could be started.
    func perform(
        _ begun: Begun, in thread: (any TurnThread)?,
        report: @escaping @Sendable (CommandOutput) async throws -> Void
    ) async throws -> CommandReport {
        try await traced("run command", attributes: ["jetbridge.job": .string(begun.job.id)]) { span in
            if let span, span.hasContent { span.set("process.command_line", .string(self.command)) }
            let result = try await self.result(of: begun, in: thread, report: report)
            span?.set("process.exit.code", JSON(result.ending.status))
            if result.ending.status != 0 { span?.fail(result.ending.result) }
            return result
        }
    }

    private func result(
        of begun: Begun, in thread: (any TurnThread)?,
        report: @escaping @Sendable (CommandOutput) async throws -> Void
    ) async throws -> CommandReport {
        // Unstructured, so that `kill` can end the command without the turn that waits for it, and so that what
        // follows the command happens also when the turn is stopped.
        let work = Task { () async throws(JailFailure) -> ShellExit in
            try await self.run(begun, in: thread, report: report)
        }
        begun.handle.set { work.cancel() }
        let result = await withTaskCancellationHandler {
            await work.result
        } onCancel: {
            begun.handle.cancel()
        }
        // Unstructured for the same reason: a cancelled turn still records what the command did.
        return try await Task {
            switch result {
            case .success(let exit): return await self.finish(begun, exit)
            case .failure(let failure):
                // The directory may be gone with the jail that it was in.
                if self.place != .persistent {
                    self.bench.running.setDirectory(WorkbenchTexts.root, of: self.request.session)
                }
                try? await self.recordEnd(
                    begun, "not run", details: ["status": "not run", "error": .string("\(failure)")], hasChanges: false)
                throw TurnFailure("The command was not run: \(failure)")
            }
        }.value
    }

    private func run(
        _ begun: Begun, in thread: (any TurnThread)?,
        report: @escaping @Sendable (CommandOutput) async throws -> Void
    ) async throws(JailFailure) -> ShellExit {
        let settings = self.settings
        let decoder = Protected(OutputDecoder())
        let deliver: @Sendable (CommandOutput) async -> Void = { output in
            begun.output.append(output)
            // A thread that takes no more must not keep the command from ending.
            try? await report(output)
        }
        let exit = try await begun.shell.run(
            ShellCommand(
                text: self.command, place: self.place,
                directory: self.place == .persistent ? nil : self.bench.directory(of: self.request.session),
                timeout: self.isBackground ? nil : settings.timeout, outputLimit: settings.outputLimit),
            waiting: { reason in await thread?.waitForJail(because: reason) }
        ) { output in
            if let text = decoder.withLock({ $0.decode(output) }) { await deliver(text) }
        }
        for rest in decoder.withLock({ $0.finish() }) { await deliver(rest) }
        return exit
    }

    private var settings: WorkbenchSettings {
        var settings = self.bench.settings[self.request.repository]
        if let timeout = self.timeout { settings.timeout = min(timeout, settings.timeout) }
        return settings
    }

    // MARK: Afterwards

    private func finish(_ begun: Begun, _ exit: ShellExit) async -> CommandReport {
        if !self.isBackground {
            self.bench.running.setDirectory(
                exit.isShellLost ? WorkbenchTexts.root : exit.directory, of: self.request.session)
        }
        var notices: [String] = []
        var changes: WorkspaceChanges?
        if let snapshot = begun.snapshot {
            do {
                let found = try await begun.workspace.changes(from: snapshot.id, to: nil)
                if found.count > found.files.count {
                    notices.append(WorkbenchTexts.changesAreMany(found.count, listed: found.files.count))
                }
                changes = found
            } catch {
                notices.append(WorkbenchTexts.changesAreUnknown("\(error)"))
            }
        } else {
            notices.append(WorkbenchTexts.noSnapshot)
        }
        // As the changes were found.
        let folders = await begun.workspace.unrecordedFolders()
        let deep = begun.snapshot?.folders.tooDeep == nil ? folders.tooDeep : nil
        let ending = CommandEnding(
            exit, limits: self.settings, remark: deep.map { WorkbenchTexts.tooDeep($0.path, because: $0.reason) })
        var commits: [CommitNotice] = []
        if !self.holdsCommits {
            do {
                commits = try await begun.workspace.takeOverCommits(
                    .ofPeople, by: self.request.sender, turn: self.request.id)
            } catch {
                notices.append(WorkbenchTexts.commitsAreNotTaken("\(error)"))
            }
        }
        do {
            // Unknown changes count, so that `undo` can revert them.
            let hasChanges = changes?.count != 0 || folders != begun.snapshot?.folders
            try await self.record(begun, ending, changes, commits, hasChanges: hasChanges)
        } catch {
            notices.append(WorkbenchTexts.endIsNotRecorded("\(error)"))
            self.bench.logger.error("the end of a command could not be recorded", ["error": .string("\(error)")])
        }
        self.bench.observe(ending.result, ending.duration / .seconds(1))
        return CommandReport(ending: ending, commits: commits, changes: changes?.files, notices: notices)
    }

    private func record(
        _ begun: Begun, _ ending: CommandEnding, _ changes: WorkspaceChanges?, _ commits: [CommitNotice],
        hasChanges: Bool
    ) async throws {
        let audit = AuditFiles(changes)
        let details: JSON = [
            "job": .string(begun.job.id), "command": .string(self.command), "status": .string(ending.result),
            "exit": JSON(ending.status), "seconds": .number(ending.duration / .seconds(1)),
            "files": audit.first, "files_changed": changes.map { JSON($0.count) } ?? .null,
        ]
        do {
            for commit in commits {
                try await self.bench.audit.record(
                    .commit(
                        commit, session: self.request.session, turn: self.request.id, actor: self.request.sender.id))
            }
            for batch in audit.others {
                try await self.bench.audit.record(
                    AuditEntry(.files, of: self.request, ["job": .string(begun.job.id), "files": batch]))
            }
        } catch {
            try await self.recordEnd(begun, ending.line, details: details, hasChanges: hasChanges)
            throw error
        }
        try await self.recordEnd(begun, ending.line, details: details, hasChanges: hasChanges)
    }

    /// Ends the job in memory, in the list of jobs and in the audit.
    private func recordEnd(_ begun: Begun, _ ending: String, details: JSON, hasChanges: Bool) async throws {
        defer { self.bench.running.remove(begun.job, ending: ending) }
        var failure: (any Error)?
        do {
            try await self.bench.audit.record(AuditEntry(.commandEnded, of: self.request, details))
        } catch {
            failure = error
        }
        try await self.end(begun.job, ending, hasChanges: hasChanges)
        self.bench.measure(begun.workspace, of: self.request.session)
        if let failure { throw failure }
    }

    private func end(_ job: Job, _ ending: String, hasChanges: Bool) async throws {
        let now = WallClock.now()
        try await self.bench.store.write(ofSession: job.session) { ledger in
            try ledger.endJob(job.id, of: job.session, .ended, ending: ending, hasChanges: hasChanges, at: now)
        }
    }

    private func startDetails(_ begun: Begun) -> JSON {
        let status = self.bench.status()
        let place: JSON =
            switch self.place {
            case .persistent: "persistent"
            case .fresh: "fresh"
            case .background: "background"
            case .aside: "aside"
            }
        let snapshot: JSON = begun.snapshot.map { .string($0.id) } ?? .null
        return [
            "job": .string(begun.job.id), "command": .string(self.command), "shell": place,
            "directory": .string(self.bench.directory(of: self.request.session)),
            "rule": .string(self.rule), "approved_by": self.approval.map { .string($0.by) } ?? .null,
            "ask": self.approval?.ask.map { .string($0) } ?? .null, "snapshot": snapshot,
            "profile": .string(status.profile), "limits": .string(status.limits),
        ]
    }
}
