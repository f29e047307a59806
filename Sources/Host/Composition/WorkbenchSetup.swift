internal import Agent
internal import Audit
internal import Chat
internal import Jail
internal import Logging
internal import Primitives
internal import Repositories
internal import Sandbox
internal import Sessions
internal import Turns
internal import Work

/// The files and commands of threads, as configured.
struct WorkbenchSetup {
    let workbench: Workbench
    let workspaces: Workspaces
    /// Nil where no jail works.
    let jails: SessionJails?
    /// Nil where no command runs.
    private let shells: (any ShellDirectory)?

    /// - Parameter reach: Only tests pass another one than the default.
    init(
        _ configuration: Configuration, posts: ThreadPosts, audit: AuditLog, means: JailMeans,
        repositories: RepositoryCatalog, agent: CurrentAgentSettings, reach: JailReach = JailReach()
    ) async throws {
        let (running, log, metrics) = (RunningJobs(), StoredJobs(store: posts.store), posts.environment.metrics)
        let jailLogger = Logger(label: "jail")
        var gate: JailGate?
        if configuration.jail.network.mode == .allowlist {
            gate = try JailGate(
                allowing: configuration.jail.network.allow, reach: reach, agent, running: running, audit: audit,
                logger: jailLogger)
        }
        self.jails = try await Self.jails(configuration, means, gate, jailLogger)
        self.shells = means.status.isOff ? UnjailedShells(user: .current()) : self.jails
        let logger = Logger(label: "workspaces")
        self.workspaces = Workspaces(
            folder: JailProbing.workspaces(in: configuration.dataDirectory), repositories: repositories,
            snapshotBytes: configuration.perRepository(\.ofJail.disk), packer: self.jails?.packer,
            occupants: self.shells.map { SessionOccupants(shells: $0, log: log, notices: posts, logger: logger) },
            bundles: posts.environment.settings.objects.map {
                WorkspaceBundles($0, log: StoredBundles(store: posts.store), now: WallClock.now, logger: logger)
            }, now: WallClock.now, logger: logger)
        try await self.workspaces.prepare()
        let report = Self.report(configuration, means)
        self.workbench = Workbench(
            shells: self.shells, workspaces: self.workspaces, audit: audit, log: log, running: running, notices: posts,
            settings: configuration.perRepository {
                WorkbenchSettings(timeout: $0.timeout, outputLimit: $0.output)
            },
            policy: CommandRules(agent, defaultRepository: repositories.defaultName).permission,
            status: { report },
            observe: { result, seconds in
                metrics.count(.jailCommands, ["result": result])
                metrics.observe(.jailSeconds, seconds: seconds)
            }, logger: Logger(label: "workbench"))
    }

    /// Nil where no jail works.
    private static func jails(
        _ configuration: Configuration, _ means: JailMeans, _ gate: JailGate?, _ logger: Logger
    ) async throws -> SessionJails? {
        guard !means.status.isOff, means.status.refusal == nil else { return nil }
        let setup = JailSetup(
            programs: try await JailPrograms.install(in: "\(configuration.dataDirectory)/jail"),
            limits: configuration.jail.limits.ofJail, limiter: means.limiter, quota: means.quota,
            seccomp: means.filters, network: gate?.network, logger: logger)
        return SessionJails(
            setup, means: means, limits: configuration.perRepository(\.ofJail),
            shells: JailShells.Limits(
                perUser: configuration.jail.perUser, perHost: configuration.jail.perHost,
                idle: configuration.jail.idleTimeout))
    }

    /// The service that removes expired workspaces, also those that were made while there was a jail.
    func retention(_ configuration: Configuration, store: SessionStore) -> WorkspaceRetention {
        let shells = self.shells
        return WorkspaceRetention(
            self.workspaces, lifetime: configuration.retention.workspaces,
            use: { session, time in
                let use = try await store.read { ledger -> SessionUse in
                    if try ledger.hasRunningJob(of: session) { return .working }
                    guard let record = try ledger.session(id: session) else { return .idle }
                    return record.activeAt < time ? .idle : .active
                }
                if use == .idle { await shells?.end(session) }
                return use
            },
            removed: { session in
                shells?.forget(session)
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

    private static func report(_ configuration: Configuration, _ means: JailMeans) -> JailReport {
        if means.status.isOff { return JailReport(summary: means.status.line, profile: "none", limits: "none") }
        let network = configuration.jail.network.mode == .none ? "no network" : "network by allow list"
        return JailReport(
            summary: "\(means.status.line); \(network)", refusal: means.status.refusal, profile: network,
            limits: means.limiter.name)
    }
}

extension JailStatus {
    fileprivate var isOff: Bool { if case .off = self { true } else { false } }
}
