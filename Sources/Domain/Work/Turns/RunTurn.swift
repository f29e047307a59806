internal import Audit
internal import Chat
internal import JSON
internal import Jail
internal import Logging

/// `run COMMAND`: a command in the session's jail.
struct RunTurn: TurnWorker {
    let bench: Workbench

    func refusal(of text: String) -> String? {
        if text.isEmpty { return WorkbenchTexts.noCommand }
        return CommandText(text).command.isEmpty ? WorkbenchTexts.noBackgroundCommand : nil
    }

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        if let refusal = self.refusal(of: request.text) { throw TurnFailure(refusal) }
        let text = CommandText(request.text)
        let permission = self.bench.policy(text.command, request.role, request.repository)
        if let refusal = self.refusal(of: request, isJob: text.isJob, by: permission) {
            await self.record(refusal, of: request, text.command, permission)
            throw TurnFailure(refusal)
        }
        let approval = try await self.approval(by: permission, for: request, in: thread)
        let place: ShellCommand.Place = text.isJob ? .background : approval == nil ? .persistent : .fresh
        let run = CommandRun(
            bench: self.bench, request: request, command: text.command, place: place, rule: permission.rule,
            approval: approval)
        let begun = try await run.begin(in: text.isJob ? nil : thread)
        guard !text.isJob else { return try await self.start(run, begun, in: thread) }
        let outcome = try await run.perform(begun, in: thread) { output in try await thread.report(.output(output)) }
        try await self.report(outcome, in: thread)
        return .complete
    }

    /// Why nobody needs to be asked: the command may not run.
    private func refusal(of request: TurnRequest, isJob: Bool, by permission: CommandPermission) -> String? {
        if let reason = self.bench.status().refusal { return WorkbenchTexts.noJail(reason) }
        if request.role < .member { return WorkbenchTexts.guest }
        if permission.decision == .deny {
            return permission.isSetting ? WorkbenchTexts.deniedByPolicy : WorkbenchTexts.denied(byRule: permission.rule)
        }
        guard isJob else { return nil }
        let count = self.bench.running.background(of: request.session).count
        return count >= self.bench.settings[request.repository].jobsPerSession ? WorkbenchTexts.tooManyJobs(count) : nil
    }

    /// A refusal that cannot be recorded stays one.
    private func record(
        _ refusal: String, of request: TurnRequest, _ command: String, _ permission: CommandPermission
    ) async {
        var details: [(String, JSON)] = [
            ("command", .string(command)), ("directory", .string(self.bench.directory(of: request.session))),
            ("reason", .string(refusal)),
        ]
        if permission.decision == .deny { details.append(("rule", .string(permission.rule))) }
        do {
            try await self.bench.audit.record(
                AuditEntry(.commandRefused, of: request, .object(JSONObject(members: details))))
        } catch {
            self.bench.logger.error("a refused command could not be recorded", ["error": .string("\(error)")])
        }
    }

    // Change: a command's approval and record
    /// Who approved the command; nil if it needs nobody. Throws if it may not run.
    private func approval(
        by permission: CommandPermission, for request: TurnRequest, in thread: any TurnThread
    ) async throws -> (by: String, ask: String?)? {
        switch permission.decision {
        // Refused and recorded before.
        case .deny: throw TurnFailure(WorkbenchTexts.deniedByPolicy)
        case .allow: return nil
        case .ask: break
        }
        let outcome = try await thread.approval(
            of: ApprovalRequest(
                action: .run, subject: request.text, directory: self.bench.directory(of: request.session), tool: "run",
                approver: .ownersOnly))
        switch outcome {
        case .approved(let ask, let by): return (by, ask)
        case .denied(let by, let reason): throw TurnFailure(WorkbenchTexts.denied(by: by, reason: reason))
        case .expired: throw TurnFailure(WorkbenchTexts.expired)
        }
    }

    private func report(_ outcome: CommandReport, in thread: any TurnThread) async throws {
        for commit in outcome.commits { try await thread.report(.commit(commit)) }
        for notice in outcome.notices { try await thread.report(.notice(notice)) }
        if let note = outcome.ending.note { try await thread.report(.text(note)) }
        try await thread.report(.text(outcome.ending.line))
    }

    // MARK: Jobs

    private func start(
        _ run: CommandRun, _ begun: CommandRun.Begun, in thread: any TurnThread
    ) async throws -> TurnEnding {
        let bench = self.bench
        // Outlives the turn; ends with the command, by `kill` or with the host.
        Task { await Self.follow(run, begun, bench) }
        try await thread.report(.text(WorkbenchTexts.jobStarted(begun.job.id)))
        return .complete
    }

    private static func follow(_ run: CommandRun, _ begun: CommandRun.Begun, _ bench: Workbench) async {
        let session = begun.job.session
        do {
            let outcome = try await run.perform(begun, in: nil) { _ in }
            for commit in outcome.commits { await bench.report(commit, in: session) }
            for notice in outcome.notices { await bench.report(notice, in: session) }
            let ending = outcome.ending
            await bench.report(
                WorkbenchTexts.jobEnded(begun.job.id, note: ending.note, line: ending.line), in: session)
        } catch {
            await bench.report("\(error)", in: session)
        }
    }
}
