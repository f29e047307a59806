internal import Agent
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
        repositories: RepositoryCatalog, agent: CurrentAgentSettings, in directory: DataDirectory
    ) async throws -> (Workbench, SessionJails) {
        let jails = SessionJails(
            means: means, limits: configuration.jail.limits, defaultRepository: repositories.defaultLocalName)
        let report = Self.report(configuration, means)
        let workbench = Workbench(
            shells: jails, workspaces: jails, audit: StoredAudit(log: audit), log: StoredJobs(store: store),
            settings: WorkbenchSettings(
                timeout: configuration.jail.timeout, outputLimit: configuration.jail.output),
            policy: AgentSetup.commandPolicy(agent, defaultRepository: repositories.defaultLocalName),
            status: { report },
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
                configuration, agent: agent, audit: audit, workbench: { [weak workbench] in workbench }, logger: logger),
            logger: logger)
        let folder = JailProbing.workspaces(in: directory)
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

    private static func report(_ configuration: Configuration, _ means: JailMeans) -> JailReport {
        let network = configuration.jail.network.mode == .none ? "no network" : "network by allow list"
        return JailReport(
            summary: "\(means.status.line); \(network)", refusal: means.status.problem, profile: network,
            limits: means.limiter.name)
    }
}
