package import EventLoop
internal import Primitives
internal import Sandbox

/// A session's shell in a jail that starts with the first command and can end at any time.
@Net
package final class JailShell: Shell {
    package nonisolated let session: String

    let setup: JailSetup
    private let place: @Sendable () async throws(JailFailure) -> JailPlace
    private var jail: LiveJail?
    private var starting: Task<Result<LiveJail, JailFailure>, Never>?
    private var shell: PersistentShell?
    private var directory = JailPlan.workspace
    /// The persistent shell's exported variables; nil before its first command.
    private var variables: [String]?
    private var isOccupied = false
    private let turn = WaitList()

    /// - Parameter place: Asked before each start of a jail.
    package nonisolated init(
        session: String, setup: JailSetup, place: @escaping @Sendable () async throws(JailFailure) -> JailPlace
    ) {
        self.session = session
        self.setup = setup
        self.place = place
    }

    @Net package func run(
        _ command: ShellCommand, output: @escaping @Sendable (ShellOutput) async throws -> Void
    ) async throws(JailFailure) -> ShellExit {
        try Self.check(command, limit: command.place == .persistent ? 1 << 20 : CommandVariables.longest - 1)
        let run = CommandRun(command, output)
        defer { run.finish() }
        let result = await withTaskCancellationHandler {
            await self.result(of: command, run)
        } onCancel: {
            EventLoop.shared.runIfNeeded { run.stop(.cancelled) }
        }
        return try result.get()
    }

    @Net package func end() async {
        // A jail that is starting can't be ended before it has started.
        _ = await self.starting?.value
        if let jail = self.jail { await self.closed(jail) }
    }

    // MARK: Commands

    private func result(of command: ShellCommand, _ run: CommandRun) async -> Result<ShellExit, JailFailure> {
        do throws(JailFailure) {
            if command.place == .background { return .success(try await self.runTree(command, run)) }
            while self.isOccupied {
                do { try await self.turn.wait() } catch { return .success(self.notRun(run)) }
            }
            self.isOccupied = true
            defer {
                self.isOccupied = false
                self.turn.wakeFirst()
            }
            return .success(
                command.place == .persistent
                    ? try await self.runPersistent(command, run) : try await self.runTree(command, run))
        } catch {
            return .failure(error)
        }
    }

    private func runPersistent(_ command: ShellCommand, _ run: CommandRun) async throws(JailFailure) -> ShellExit {
        let jail = try await self.liveJail()
        guard run.stop == nil else { return self.notRun(run) }
        let shell = try self.persistentShell(in: jail)
        run.onStop = { [weak self] in self?.endForeground(shell.id, in: jail) }
        shell.begin(command.text) { run.changed.signal() }
        await run.deliver(shell.pipes) {
            shell.step()
            if shell.isInvalid { jail.kill(shell.id) }
            // When it is being stopped, the report comes too late: the shell is on its way out.
            return shell.tree.isOver || run.stop == nil && !shell.isInvalid && shell.report != nil
        }
        shell.finish()
        if !shell.tree.isOver, let report = shell.report {
            self.directory = report.directory
            self.variables = report.variables
            return self.exit(.exited(report.status), run, isShellLost: false)
        }
        shell.close()
        if self.shell === shell { self.forgetShell() }
        if let failure = shell.tree.failure { throw self.failure(failure, JailPlan.workspace) }
        if shell.tree.isJailEnded { await self.closed(jail) }
        let status = self.stopped(run) ?? self.ended(shell, jail)
        return self.exit(status, run, isShellLost: true)
    }

    private func ended(_ shell: PersistentShell, _ jail: LiveJail) -> ShellExit.Status {
        if shell.tree.isJailEnded { return self.lost(jail) }
        if shell.isInvalid { return .lost("something in the shell wrote to its reports") }
        return switch shell.tree.exit {
        case .exited(let status): .shellEnded(status)
        case .killed(let signal), .stopped(let signal): .shellEnded(128 + signal)
        case nil: .shellEnded(nil)
        }
    }

    /// A fresh shell: a command or a job.
    private func runTree(_ command: ShellCommand, _ run: CommandRun) async throws(JailFailure) -> ShellExit {
        let isJob = command.place == .background
        let jail = try await self.liveJail()
        guard run.stop == nil else { return self.notRun(run) }
        let directory = self.directory
        let (pipes, remote) = try Self.opened { try CommandPipes.open(for: jail.identity) }
        defer { pipes.close() }
        var state = TreeState()
        let tree = SandboxTree(
            kind: .command, directory: directory, text: command.text,
            environment: CommandVariables.kept(self.variables ?? self.usualVariables))
        let id = jail.start(tree, descriptors: remote) { event in
            state.handle(event)
            run.changed.signal()
        }
        if isJob { jail.jobs.insert(id) }
        defer { jail.jobs.remove(id) }
        run.onStop = { [weak self] in
            if isJob { self?.endTree(id, in: jail) } else { self?.endForeground(id, in: jail) }
        }
        await run.deliver(pipes) { state.isOver }
        if let failure = state.failure { throw self.failure(failure, directory) }
        if state.isJailEnded { await self.closed(jail) }
        let status =
            self.stopped(run)
            ?? {
                switch state.exit {
                case .exited(let status): .exited(status)
                case .killed(let signal) where !state.isJailEnded: .signalled(signal)
                case .stopped(let signal): .signalled(signal)
                case .killed, nil: self.lost(jail)
                }
            }()
        return self.exit(status, run, isShellLost: state.isJailEnded, directory: directory)
    }

    // MARK: The jail

    private func liveJail() async throws(JailFailure) -> LiveJail {
        if let jail = self.jail, jail.end == nil { return jail }
        if let starting = self.starting { return try await starting.value.get() }
        let previous = self.jail
        self.forgetShell()
        // Unstructured: commands that come at the same time share one start, and none may cut it short.
        let starting = Task { () -> Result<LiveJail, JailFailure> in
            defer { self.starting = nil }
            do throws(JailFailure) {
                await previous?.close()
                let jail = try await LiveJail.start(session: self.session, self.setup, try await self.place())
                self.jail = jail
                return .success(jail)
            } catch {
                self.jail = nil
                return .failure(error)
            }
        }
        self.starting = starting
        return try await starting.value.get()
    }

    private func persistentShell(in jail: LiveJail) throws(JailFailure) -> PersistentShell {
        if let shell = self.shell { return shell }
        let variables = self.usualVariables
        let shell = try Self.opened {
            try PersistentShell(in: jail, directory: JailPlan.workspace, environment: variables)
        }
        self.shell = shell
        return shell
    }

    private var usualVariables: [String] {
        JailPlan.environment(self.setup.network?.variables ?? [:]).map { "\($0.key)=\($0.value)" }.sorted()
    }

    /// Ends the command that people wait for. Jobs survive it; otherwise the whole jail ends, which needs nothing from
    /// inside.
    private func endForeground(_ tree: UInt32, in jail: LiveJail) {
        if jail.jobs.isEmpty { jail.kill(.stopped) } else { self.endTree(tree, in: jail) }
    }

    private func endTree(_ tree: UInt32, in jail: LiveJail) {
        jail.kill(tree)
        // Init gives up earlier and ends the jail; this is for an init that does not answer.
        EventLoop.shared.schedule(after: Self.patience) { [weak jail] in
            if let jail, jail.isRunning(tree) { jail.kill(.lost("processes could not be ended one by one")) }
        }
    }

    private static let patience = Duration.seconds(10)

    private func closed(_ jail: LiveJail) async {
        await jail.close()
        guard self.jail === jail else { return }
        self.jail = nil
        self.forgetShell()
    }

    private func forgetShell() {
        // Its command still reads the last output, and closes it then.
        if let shell = self.shell, !shell.isBusy { shell.close() }
        self.shell = nil
        self.directory = JailPlan.workspace
        self.variables = nil
    }

    // MARK: Exits

    private func exit(
        _ status: ShellExit.Status, _ run: CommandRun, isShellLost: Bool, directory: String? = nil
    ) -> ShellExit {
        ShellExit(
            status: status, duration: run.begun.duration(to: .now), isShellLost: isShellLost,
            directory: isShellLost ? JailPlan.workspace : directory ?? self.directory)
    }

    private func notRun(_ run: CommandRun) -> ShellExit {
        self.exit(self.stopped(run) ?? .stopped, run, isShellLost: false)
    }

    private func stopped(_ run: CommandRun) -> ShellExit.Status? {
        switch run.stop {
        case .cancelled: .stopped
        case .timedOut: .timedOut
        case .outputLimit: .outputLimit
        case nil: nil
        }
    }

    private func lost(_ jail: LiveJail) -> ShellExit.Status {
        switch jail.end {
        case .limit(let limit): .limit(limit)
        case .lost(let reason): .lost(reason)
        case .stopped: .lost("another command was stopped, and the whole jail with it")
        case nil: .lost("its processes ended")
        }
    }

    private func failure(_ failure: TreeState.Failure, _ directory: String) -> JailFailure {
        switch failure.stage {
        case .directory: JailFailure("the directory \(directory) cannot be entered: change to another with `cd`")
        case .fork: JailFailure("the jail has too many processes to start another: end a job")
        case .exec:
            JailFailure("the shell cannot be started (error \(failure.code)): the exported variables may be too large")
        }
    }

    static func check(_ command: ShellCommand, limit: Int) throws(JailFailure) {
        guard !command.text.utf8.contains(0) else { throw JailFailure("the command contains a NUL byte: remove it") }
        guard command.text.utf8.count <= limit else {
            throw JailFailure("the command is longer than \(limit >> 10) KiB: put it into a file of the workspace")
        }
    }

    private static func opened<Value>(_ body: () throws -> Value) throws(JailFailure) -> Value {
        do {
            return try body()
        } catch {
            throw JailFailure("the command cannot be started: \(error)")
        }
    }
}
