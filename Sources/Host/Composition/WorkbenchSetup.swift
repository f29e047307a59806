internal import Agent
internal import Audit
internal import Jail
internal import Logging
internal import Metrics
internal import Posts
internal import Primitives
internal import Repositories
internal import Sessions
internal import Store
internal import Threads
internal import Turns
internal import Work

/// The files and commands of threads, as configured.
struct WorkbenchSetup {
    let workbench: Workbench
    let workspaces: Workspaces
    let shells: CommandShells

    /// - Parameters:
    ///   - trial: Finds out what the machine offers for jails.
    ///   - reach: Only tests pass another one than the default.
    init(
        _ configuration: Configuration, posts: ThreadPosts, audit: AuditLog, trial: Task<JailMeans, Never>,
        repositories: RepositoryCatalog, agent: CurrentAgentSettings, reach: JailReach = JailReach()
    ) async throws {
        let (running, store, metrics) = (RunningJobs(), posts.store, posts.environment.metrics)
        let jailLogger = Logger(label: "jail")
        var gate: JailGate?
        if configuration.jail.network.mode == .allowlist {
            gate = try JailGate(
                allowing: configuration.jail.network.allow, reach: reach, agent, running: running, audit: audit,
                logger: jailLogger)
        }
        let shells = CommandShells(
            CommandShells.Settings(
                limits: configuration.perRepository(\.ofJail), standard: configuration.jail.limits.ofJail,
                shells: JailShells.Limits(
                    perUser: configuration.jail.perUser, perHost: configuration.jail.perHost,
                    idle: configuration.jail.idleTimeout),
                network: gate?.network, logger: jailLogger),
            trial: trial)
        self.shells = shells
        let logger = Logger(label: "workspaces")
        self.workspaces = Workspaces(
            folder: JailProbing.workspaces(in: configuration.dataDirectory), repositories: repositories,
            snapshotBytes: configuration.perRepository(\.ofJail.disk), packer: shells.packer,
            occupants: SessionOccupants(shells: shells, store: store, notices: posts, logger: logger),
            bundles: posts.environment.settings.objects.map {
                WorkspaceBundles($0, rows: store, now: WallClock.now, logger: logger)
            }, now: WallClock.now, logger: logger)
        try await self.workspaces.prepare()
        self.workbench = Workbench(
            shells: shells, workspaces: self.workspaces, audit: audit, store: store, running: running, notices: posts,
            settings: configuration.perRepository {
                WorkbenchSettings(timeout: $0.timeout, outputLimit: $0.output)
            },
            policy: CommandRules(agent, defaultRepository: repositories.defaultName).permission,
            status: { shells.report },
            observe: { result, seconds in
                metrics.count(.jailCommands, ["result": result])
                metrics.observe(.jailSeconds, seconds: seconds)
            }, logger: Logger(label: "workbench"))
    }

    /// The service that removes expired workspaces, also those that were made while there was a jail.
    func retention(_ configuration: Configuration, store: SessionStore) -> WorkspaceRetention {
        let shells = self.shells
        return WorkspaceRetention(
            self.workspaces, lifetime: configuration.retention.workspaces, deleted: store.deletedSessions(in:),
            use: { session, time in
                let use = try await store.read { ledger -> SessionUse in
                    if try ledger.hasRunningJob(of: session) { return .working }
                    guard let record = try ledger.session(id: session) else { return .idle }
                    return try record.activeAt < time - ledger.clockLead(at: WallClock.now()) ? .idle : .active
                }
                if use == .idle { await shells.end(session) }
                return use
            },
            removed: { session in
                shells.forget(session)
                // Measured again when it is next used.
                try? await store.write { ledger in try ledger.setWorkspace(0, of: session) }
            }, now: WallClock.now, logger: Logger(label: "workspaces"))
    }

    /// The workspaces on the disk, without a jail.
    static func stored(_ configuration: Configuration, _ repositories: RepositoryCatalog) -> Workspaces {
        Workspaces(
            folder: JailProbing.workspaces(in: configuration.dataDirectory), repositories: repositories,
            now: WallClock.now, logger: Logger(label: "workspaces"))
    }
}
