internal import Audit
internal import Chat
internal import Jail
internal import Logging
internal import Primitives
internal import Repositories
internal import Sandbox
internal import Sessions
internal import Workbench
internal import Workspaces

/// Sets up the workbench as configured: jails, workspaces and the audit behind the commands of threads.
enum WorkbenchSetup {
    static func workbench(
        _ configuration: Configuration, store: SessionStore, metrics: Metrics, means: JailMeans, audit: AuditLog,
        repositories: RepositoryCatalog, in directory: DataDirectory
    ) async throws -> (Workbench, SessionJails) {
        let policy = CommandPolicy(rawValue: configuration.approvals.commands.rawValue) ?? .ask
        let jails = SessionJails(
            means: means, limits: configuration.jail.limits, defaultRepository: repositories.defaultLocalName)
        let report = Self.report(configuration, means)
        let workbench = Workbench(
            shells: jails, workspaces: jails, audit: StoredAudit(log: audit), log: StoredJobs(store: store),
            settings: WorkbenchSettings(
                timeout: configuration.jail.timeout, outputLimit: configuration.jail.output),
            policy: { policy }, status: { report },
            observe: { result, seconds in
                metrics.count(.jailCommands, ["result": result])
                metrics.observe(.jailSeconds, seconds: seconds)
            }, logger: Logger(label: "workbench"))
        guard means.status.problem == nil else { return (workbench, jails) }
        let logger = Logger(label: "jail")
        let setup = JailSetup(
            programs: try await JailPrograms.install(in: "\(directory.path)/jail"), limits: configuration.jail.limits,
            limiter: means.limiter, quota: means.quota, seccomp: means.filters,
            network: try JailNetworkSetup.network(
                configuration, audit: audit, workbench: { [weak workbench] in workbench }, logger: logger),
            logger: logger)
        let folder = JailProbing.workspaces(in: directory.path)
        let limits = JailShells.Limits(
            perUser: configuration.jail.perUser, perHost: configuration.jail.perHost,
            idle: configuration.jail.idleTimeout)
        let workspaces = jails.begin(setup, limits) { packer in
            Workspaces(
                folder: folder, repositories: repositories, packer: packer, now: WallClock.now,
                logger: Logger(label: "workspaces"))
        }
        try await workspaces.prepare()
        return (workbench, jails)
    }

    /// The service that removes expired workspaces, also those that were made while there was a jail.
    static func retention(
        of workspaces: Workspaces, _ configuration: Configuration, store: SessionStore, jails: SessionJails,
        now: @escaping @Sendable () -> Int64
    ) -> WorkspaceRetention {
        WorkspaceRetention(
            workspaces, lifetime: configuration.retention.workspaces,
            use: { session, time in
                let use = try await store.read { ledger -> SessionUse in
                    if try ledger.hasRunningJob(of: session) { return .working }
                    guard let record = try ledger.session(id: session) else { return .idle }
                    return record.activeAt < time ? .idle : .active
                }
                if use == .idle { await jails.end(session) }
                return use
            }, removed: { jails.forget($0) }, now: now, logger: Logger(label: "workspaces"))
    }

    /// The workspaces on the disk, without a jail.
    static func stored(_ configuration: Configuration, _ repositories: RepositoryCatalog) -> Workspaces {
        Workspaces(
            folder: JailProbing.workspaces(in: configuration.dataDirectory), repositories: repositories,
            now: WallClock.now, logger: Logger(label: "workspaces"))
    }

    private static func report(_ configuration: Configuration, _ means: JailMeans) -> JailReport {
        let network = configuration.jail.network.mode == .none ? "no network" : "network by allow list"
        return JailReport(
            summary: "\(means.status.line); \(network)", refusal: means.status.problem, profile: network,
            limits: means.limiter.name)
    }
}
