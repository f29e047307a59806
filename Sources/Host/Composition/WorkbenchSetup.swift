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

/// Sets up the workbench as configured: jails, workspaces and the audit behind the commands of threads.
enum WorkbenchSetup {
    /// - Parameter reach: Only tests pass another one than the default.
    static func workbench(
        _ configuration: Configuration, store: SessionStore, metrics: Metrics, means: JailMeans, audit: AuditLog,
        repositories: RepositoryCatalog, agent: CurrentAgentSettings, reach: JailReach = JailReach(),
        in directory: DataDirectory
    ) async throws -> (Workbench, any CommandPlaces) {
        let policy = AgentSetup.commandPolicy(agent, defaultRepository: repositories.defaultName)
        func workbench(_ places: any CommandPlaces) -> Workbench {
            Self.workbench(configuration, store, metrics, means, audit, policy, places)
        }
        func workspaces(_ packer: CommitPacker?) -> Workspaces {
            Workspaces(
                folder: JailProbing.workspaces(in: directory.path), repositories: repositories, packer: packer,
                now: WallClock.now, logger: Logger(label: "workspaces"))
        }
        if case .off = means.status {
            let workspaces = workspaces(nil)
            try await workspaces.prepare()
            let places = UnjailedPlaces(
                workspaces, user: .current(), defaultRepository: repositories.defaultName)
            let bench = workbench(places)
            await workspaces.attach(Self.occupants(places, bench, store))
            return (bench, places)
        }
        let jails = SessionJails(
            means: means, limits: { configuration.limits(of: $0).ofJail }, defaultRepository: repositories.defaultName)
        let bench = workbench(jails)
        guard means.status.refusal == nil else { return (bench, jails) }
        let logger = Logger(label: "jail")
        let setup = JailSetup(
            programs: try await JailPrograms.install(in: "\(directory.path)/jail"),
            limits: configuration.jail.limits.ofJail,
            limiter: means.limiter, quota: means.quota, seccomp: means.filters,
            network: try JailNetworkSetup.network(
                configuration, agent: agent, reach: reach, audit: audit, workbench: { [weak bench] in bench },
                logger: logger),
            logger: logger)
        let limits = JailShells.Limits(
            perUser: configuration.jail.perUser, perHost: configuration.jail.perHost,
            idle: configuration.jail.idleTimeout)
        let stored = jails.begin(setup, limits, workspaces: workspaces)
        await stored.attach(Self.occupants(jails, bench, store))
        try await stored.prepare()
        return (bench, jails)
    }

    private static func workbench(
        _ configuration: Configuration, _ store: SessionStore, _ metrics: Metrics, _ means: JailMeans,
        _ audit: AuditLog, _ policy: @escaping CommandPolicy, _ places: any CommandPlaces
    ) -> Workbench {
        let report = Self.report(configuration, means)
        return Workbench(
            shells: places, workspaces: places, audit: StoredAudit(log: audit), log: StoredJobs(store: store),
            settings: { repository in
                let limits = configuration.limits(of: repository)
                return WorkbenchSettings(timeout: limits.timeout, outputLimit: limits.output)
            },
            policy: policy, status: { report },
            observe: { result, seconds in
                metrics.count(.jailCommands, ["result": result])
                metrics.observe(.jailSeconds, seconds: seconds)
            }, logger: Logger(label: "workbench"))
    }

    /// The places have the workspaces, so these must not hold them.
    private static func occupants(
        _ places: any CommandPlaces, _ bench: Workbench, _ store: SessionStore
    ) -> WorkspaceOccupants {
        WorkspaceOccupants(
            isWorking: { [weak places] session in
                if places?.isLent(session) == true { return true }
                return try await store.read { ledger in try ledger.hasRunningJob(of: session) }
            },
            leave: { [weak places] session in await places?.leave(session) },
            forgetSnapshots: { session in try await store.write { ledger in try ledger.forgetSnapshots(of: session) } },
            report: { [weak bench] text, session in await bench?.report(text, in: session) })
    }

    /// The service that removes expired workspaces, also those that were made while there was a jail.
    static func retention(
        of workspaces: Workspaces, _ configuration: Configuration, store: SessionStore, places: any CommandPlaces,
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
                if use == .idle { await places.end(session) }
                return use
            }, removed: { places.forget($0) }, now: now, logger: Logger(label: "workspaces"))
    }

    /// The workspaces on the disk, without a jail.
    static func stored(_ configuration: Configuration, _ repositories: RepositoryCatalog) -> Workspaces {
        Workspaces(
            folder: JailProbing.workspaces(in: configuration.dataDirectory), repositories: repositories,
            now: WallClock.now, logger: Logger(label: "workspaces"))
    }

    private static func report(_ configuration: Configuration, _ means: JailMeans) -> JailReport {
        if case .off = means.status {
            return JailReport(summary: means.status.line, profile: "none", limits: "none")
        }
        let network = configuration.jail.network.mode == .none ? "no network" : "network by allow list"
        return JailReport(
            summary: "\(means.status.line); \(network)", refusal: means.status.refusal, profile: network,
            limits: means.limiter.name)
    }
}
