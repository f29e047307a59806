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
    /// A shell's state has been lost, and no exit has reported it yet.
    private var isRenewed: Bool
    /// Of the one command that does not run beside others.
    private let turn = Slots(1)

    /// - Parameters:
    ///   - isRenewed: Whether the session had a shell before, so that the first exit reports the new one.
    ///   - place: Asked before each start of a jail.
    package nonisolated init(
        session: String, setup: JailSetup, isRenewed: Bool = false,
        place: @escaping @Sendable () async throws(JailFailure) -> JailPlace
    ) {
        self.session = session
        self.setup = setup
        self.isRenewed = isRenewed
        self.place = place
    }

    package nonisolated func run(
        _ command: ShellCommand, output: @escaping @Sendable (ShellOutput) async throws -> Void
    ) async throws(JailFailure) -> ShellExit {
        try Self.check(command, limit: command.place == .persistent ? 1 << 20 : CommandVariables.longest - 1)
        let run = RunningCommand(command, output)
        let result = await withTaskCancellationHandler { () -> Result<ShellExit, JailFailure> in
            await self.result(of: command, run)
        } onCancel: {
            EventLoop.shared.runIfNeeded { run.stop(.stopped) }
        }
        return try result.get()
    }

    @Net package func end() async {
        // A jail that is starting can't be ended before it has started.
        _ = await self.starting?.value
        self.isRenewed = self.hasState
        if let jail = self.jail { await self.closed(jail) }
    }

    /// Whether commands have left state in the shell that its end would lose.
    @Net var hasState: Bool { self.isRenewed || self.shell != nil }

    /// Ends what earlier commands left running, and with it the persistent shell. Does nothing, and returns false, while
    /// a command runs or when nothing is left. Jobs survive it.
    @Net package func endLeftovers() async -> Bool {
        guard let (jail, shell) = self.resting, await !jail.leftovers(shell.trees).isEmpty,
            self.resting?.shell === shell
        else { return false }
        self.endForeground(shell.trees, in: jail)
        if jail.end == nil { self.forgetShell() } else { await self.closed(jail) }
        return true
    }

    /// What earlier commands left running, oldest first. Empty while a command runs, whose own processes nobody can tell
    /// from them.
    @Net package var leftovers: [ShellProcess] {
        get async {
            guard let (jail, shell) = self.resting else { return [] }
            let found = await jail.leftovers(shell.trees)
            guard self.resting?.shell === shell else { return [] }
            return found.map { ShellProcess(id: $0.id, command: $0.command, age: $0.age) }
        }
    }

    /// Kills one of the ``leftovers`` and its descendants. Returns false if there is no such process.
    @Net package func endLeftover(_ id: Int) async -> Bool {
        guard let (jail, shell) = self.resting,
            let process = await jail.leftovers(shell.trees).first(where: { $0.id == id }),
            self.resting?.shell === shell
        else { return false }
        return await jail.end(process)
    }

    /// The jail and its shell, while no command runs in it. To be asked again after each wait: one may have begun.
    private var resting: (jail: LiveJail, shell: PersistentShell)? {
        guard !self.turn.isFull, let jail = self.jail, jail.end == nil, let shell = self.shell else { return nil }
        return (jail, shell)
    }

    // MARK: Commands

    private func result(of command: ShellCommand, _ run: RunningCommand) async -> Result<ShellExit, JailFailure> {
        run.begin()
        defer { run.finish() }
        do throws(JailFailure) {
            if command.place.isBeside { return .success(try await self.runTree(command, run)) }
            do { try await self.turn.take() } catch { return .success(self.notRun(run)) }
            defer { self.turn.give() }
            return .success(
                command.place == .persistent
                    ? try await self.runPersistent(command, run) : try await self.runTree(command, run))
        } catch {
            return .failure(error)
        }
    }

    private func runPersistent(_ command: ShellCommand, _ run: RunningCommand) async throws(JailFailure) -> ShellExit {
        let jail = try await self.liveJail()
        guard run.stop == nil else { return self.notRun(run) }
        let shell = try self.persistentShell(in: jail)
        let variables = self.usualVariables
        let running = try Self.opened {
            try shell.begin(command.text, in: jail, directory: self.directory, usual: variables) {
                run.changed.signal()
            }
        }
        run.onStop = { [weak self] in self?.endForeground(shell.trees, in: jail) }
        await run.deliver(shell.pipes) {
            // When it is being stopped, its end comes too late: the shell is on its way out.
            running.tree.isOver || run.stop == nil && running.tree.exit != nil
        }
        let state = shell.finish(running)
        if running.tree.isJailEnded { await self.closed(jail) }
        if let failure = running.tree.failure {
            let failed = self.directory
            guard failure.stage == .directory else { throw self.failure(failure, failed) }
            // Otherwise not even `cd` could run.
            self.directory = JailPlan.workspace
            throw JailFailure(
                "the directory \(failed) cannot be entered: the next command begins in \(JailPlan.workspace)")
        }
        if run.stop == nil, !running.tree.isJailEnded, self.shell === shell, let state,
            case .exited(let status) = running.tree.exit
        {
            return await self.ended(run, in: jail, status, state)
        }
        let status = run.stop ?? (running.tree.isJailEnded ? self.lost(jail) : self.shellEnded(running.tree))
        for tree in shell.trees where jail.end == nil { self.endTree(tree, in: jail) }
        if self.shell === shell { self.forgetShell() } else { shell.close() }
        return self.exit(status, run, isShellLost: true)
    }

    /// The exit of a command after which the shell goes on.
    private func ended(
        _ run: RunningCommand, in jail: LiveJail, _ status: Int, _ state: ShellState
    ) async -> ShellExit {
        if state.directory == nil {
            await run.note("the shell's directory is gone: the next command begins in \(JailPlan.workspace)")
        }
        self.directory = state.directory ?? JailPlan.workspace
        let isEnded = self.endRestricted(jail)
        return self.exit(
            .exited(status), run, isShellLost: isEnded, restriction: isEnded ? jail.restriction : nil)
    }

    private func shellEnded(_ tree: TreeState) -> ShellExit.Status {
        switch tree.exit {
        case .exited(let status): .shellEnded(status)
        case .killed(let signal), .stopped(let signal): .shellEnded(128 + signal)
        case nil: .shellEnded(nil)
        }
    }

    /// A fresh shell: a command or a job.
    private func runTree(_ command: ShellCommand, _ run: RunningCommand) async throws(JailFailure) -> ShellExit {
        let isBeside = command.place.isBeside
        let isAside = command.place == .aside
        let jail = try await self.liveJail()
        let variables = isAside ? self.usualVariables : self.shell?.variables ?? self.usualVariables
        guard run.stop == nil else { return self.notRun(run) }
        let directory = isAside ? JailPlan.workspace : command.directory ?? self.directory
        let (pipes, remote) = try Self.opened { try CommandPipes.open(for: jail.identity) }
        defer { pipes.close() }
        var state = TreeState()
        let tree = SandboxTree(
            kind: .command, directory: directory, text: command.text,
            environment: CommandVariables.kept(variables))
        let id = jail.start(tree, descriptors: remote) { event in
            state.handle(event)
            run.changed.signal()
        }
        if isBeside { jail.jobs.insert(id) }
        defer { jail.jobs.remove(id) }
        run.onStop = { [weak self] in
            if isBeside { self?.endTree(id, in: jail) } else { self?.endForeground([id], in: jail) }
        }
        await run.deliver(pipes) { state.isOver }
        if let failure = state.failure { throw self.failure(failure, directory) }
        if isAside, state.isJailEnded, self.jail === jail { self.loseShell() }
        if state.isJailEnded { await self.closed(jail) }
        let status =
            run.stop
            ?? {
                switch state.exit {
                case .exited(let status): .exited(status)
                case .killed(let signal) where !state.isJailEnded: .signalled(signal)
                case .stopped(let signal): .signalled(signal)
                case .killed, nil: self.lost(jail)
                }
            }()
        guard !isAside else {
            return ShellExit(
                status: status, duration: run.begun.duration(to: .now), isShellLost: false, directory: directory)
        }
        let isEnded = !isBeside && !state.isJailEnded && self.endRestricted(jail)
        return self.exit(
            status, run, isShellLost: state.isJailEnded || isEnded, directory: directory, restriction: jail.restriction)
    }

    // MARK: The jail

    private func liveJail() async throws(JailFailure) -> LiveJail {
        if let jail = self.jail, jail.end == nil { return jail }
        if let starting = self.starting { return try await starting.value.get() }
        let previous = self.jail
        self.loseShell()
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
        let shell = try Self.opened { try PersistentShell(in: jail, isBash: self.setup.programs.hasBash) }
        self.shell = shell
        return shell
    }

    private var usualVariables: [String] {
        JailPlan.environment(self.setup.network?.variables ?? [:]).map { "\($0.key)=\($0.value)" }.sorted()
    }

    /// Ends a jail whose command could only make room: the next one is measured anew. False if it goes on.
    private func endRestricted(_ jail: LiveJail) -> Bool {
        guard jail.restriction != nil, jail.jobs.isEmpty else { return false }
        jail.kill(.stopped)
        if self.jail === jail { self.forgetShell() }
        return true
    }

    /// Ends the command that people wait for. Jobs survive it; otherwise the whole jail ends, which needs nothing from
    /// inside.
    private func endForeground(_ trees: Set<UInt32>, in jail: LiveJail) {
        guard !jail.jobs.isEmpty else { return jail.kill(.stopped) }
        for tree in trees { self.endTree(tree, in: jail) }
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

    /// Forgets a shell that has ended between two commands.
    private func loseShell() {
        if let shell = self.shell, !shell.isBusy { self.isRenewed = true }
        self.forgetShell()
    }

    private func forgetShell() {
        // Its command still reads the last output, and closes it then.
        if let shell = self.shell, !shell.isBusy { shell.close() }
        self.shell = nil
        self.directory = JailPlan.workspace
    }

    // MARK: Exits

    private func exit(
        _ status: ShellExit.Status, _ run: RunningCommand, isShellLost: Bool, directory: String? = nil,
        restriction: DiskExcess? = nil
    ) -> ShellExit {
        defer { self.isRenewed = false }
        return ShellExit(
            status: status, duration: run.begun.duration(to: .now), isShellLost: isShellLost,
            isShellFresh: self.isRenewed, directory: isShellLost ? JailPlan.workspace : directory ?? self.directory,
            restriction: restriction)
    }

    private func notRun(_ run: RunningCommand) -> ShellExit {
        ShellExit(
            status: run.stop ?? .stopped, duration: run.begun.duration(to: .now), isShellLost: false,
            directory: self.directory)
    }

    private func lost(_ jail: LiveJail) -> ShellExit.Status {
        switch jail.end {
        case .limit(let limit): .limit(limit)
        case .disk(let excess): .disk(excess)
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

    nonisolated static func check(_ command: ShellCommand, limit: Int) throws(JailFailure) {
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
