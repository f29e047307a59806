internal import Agent
internal import Audit
internal import Cluster
internal import Copilot
internal import Database
internal import Delivery
internal import Extensions
internal import Files
internal import Gateway
internal import Git
internal import GitHub
internal import JSON
internal import Jail
package import Lifecycle
internal import Logging
internal import Metrics
internal import Models
internal import People
internal import Posts
internal import Primitives
internal import Push
internal import Repositories
package import Sessions
internal import SignIn
internal import Store
internal import Tasks
internal import Threads
internal import Turns
internal import Words
internal import Work

/// Composes the configured objects and runs them in one service group. Contains no logic.
package final class Host: Sendable {
    package let directory: DataDirectory
    package let bridge: Bridge
    /// The base URL of links in threads.
    package let publicURL: String
    /// Where the gateway listens, `HOST:PORT`.
    package let address: String
    /// Signs a browser in as the owner; valid for an hour.
    package let signInCode: String
    private let lock: DataDirectoryLock
    private let database: Database
    private let audit: AuditLog
    private let gateway: Gateway
    private let web: WebAdapter
    let workbench: Workbench
    private let shells: CommandShells
    private let agent: CurrentAgentSettings
    private let extensions: ExtensionDesk
    private let workspaceServices: [any Service]
    let commits: CommitRecovery
    let networks: [NetworkService<NetworkSetup.Hook>]
    private let model: any ModelClient
    private let proxyServices: [any Service]
    private let gitHubServices: [any Service]
    private let claim: StoreClaim?
    private let cluster: ClusterSetup?
    /// How long an answer may take.
    let turnTimeout: Duration
    let logger = Logger(label: "host")
    private let running = Protected<ServiceGroup?>(nil)

    /// Opens everything that can fail before serving starts: directory, store, repositories, model, address.
    ///
    /// - Parameters:
    ///   - listen: Instead of the configured address.
    ///   - withNetworks: Without, it serves only the web, for a conversation in the terminal.
    ///   - isolation: Not part of the configuration, so that no file can switch the jail off.
    package convenience init(
        _ configuration: Configuration, at listen: HostPort? = nil, withNetworks: Bool = true,
        isolation: CommandIsolation = .jail
    ) async throws {
        try await self.init(configuration, at: listen, withNetworks: withNetworks, reach: JailReach()) { directory in
            await JailProbing.means(configuration, isolation, in: directory, logger: Logger(label: "host"))
        }
    }

    /// For tests, which give jails another network, or find out in their own way what the machine offers for them.
    convenience init(
        _ configuration: Configuration, at listen: HostPort? = nil, withNetworks: Bool, reach: JailReach,
        means: @escaping @Sendable (DataDirectory) async -> JailMeans
    ) async throws {
        let directory = try DataDirectory(path: configuration.dataDirectory)
        let lock = try directory.lock()
        // Jails are tried, which takes longest, beside the rest of the start.
        let trial = Task { await means(directory) }
        do {
            try await self.init(
                configuration, at: listen ?? configuration.gateway.listen, in: directory, lock,
                withNetworks: withNetworks, reach: reach, trial)
        } catch {
            trial.cancel()
            _ = await trial.value
            throw error
        }
    }

    private init(
        _ configuration: Configuration, at listen: HostPort, in directory: DataDirectory,
        _ lock: consuming DataDirectoryLock, withNetworks: Bool, reach: JailReach, _ trial: Task<JailMeans, Never>
    ) async throws {
        self.directory = directory
        if let restriction = directory.restriction { self.logger.warning("\(restriction)") }
        self.lock = lock
        // Beside the store.
        GitRepository.load()
        let metrics = Metrics.ofProcess(announcing: MetricName.ofHost)
        self.database = try Stores.open(configuration, metrics: metrics)
        let listening = try GatewaySetup.listening(listen)
        let cluster = try await ClusterSetup.make(configuration, at: listening)
        self.cluster = cluster
        if let cluster { cluster.cluster.measure(in: metrics, cluster.held) }
        let store = SessionStore(database: self.database, held: cluster?.held ?? HeldPlaces())
        self.claim = cluster == nil ? StoreClaim(store) : nil
        try await self.claim?.take()
        self.audit =
            if let cluster { try await cluster.audit(self.database, in: directory) } else {
                try await AuditLog.open(self.database, keyIn: directory.path)
            }
        DataBlock.use(key: self.audit.key(for: "data marks"))
        self.turnTimeout = configuration.model.turnTimeout
        let access = BridgeSetup.access(configuration, store, self.audit)
        let web = WebAdapter(
            now: WallClock.now,
            uploads: Uploads(
                directory: configuration.filesDirectory, objects: configuration.sharedObjects))
        self.web = web
        let setup = NetworkSetup(
            configuration: configuration, directory: directory, shared: cluster?.memory(in: store), access: access)
        let networks = withNetworks ? setup.makers.map { (first: $0(), make: $0) } : []
        self.address = listening.authority
        self.publicURL = configuration.gateway.publicURL?.base ?? listening.url
        let watches = Signal()
        let posts = BridgeSetup.posts(
            configuration, store, [web] + networks.map(\.first.adapter), self.publicURL, metrics, self.audit, watches,
            trial)
        let news = NewsSetup(configuration, posts: posts, watches: watches)
        let gitHub = try GitHubHost(configuration, people: news.people)
        try await configuration.reportMissingData(self.database, self.logger)
        let repositories = RepositorySetup.existing(
            for: configuration, upstreams: gitHub.upstreams(), authors: access.author)
        // A new one waits for the disk ten times.
        async let prepared = repositories.prepare()
        self.model = ModelProvider.client(
            for: configuration, audit: self.audit, logger: Logger(label: "model"))
        self.agent = CurrentAgentSettings(configuration.agentSettings)
        let commands = try await WorkbenchSetup(
            configuration, posts: posts, audit: self.audit, trial: trial, repositories: repositories, agent: self.agent,
            reach: reach)
        (self.workbench, self.shells) = (commands.workbench, commands.shells)
        self.workspaceServices =
            [commands.workspaces.bundles, configuration.backupSchedule].compactMap { $0 }
            + [commands.retention(configuration, store: store)]
        self.extensions = ExtensionSetup.desk(configuration, store, .init(self.publicURL, self.audit)) {
            await trial.value
        }
        let agent = try await BridgeSetup.agent(
            configuration, self.model, self.agent, commands, repositories, self.audit, store, self.extensions)
        var work = gitHub.work(repositories, news.news, posts)
        let tasks = TaskDesk(
            store: store, posts: posts, repositories: repositories, pages: posts.environment.settings.pages,
            audit: posts.environment.auditDecision, now: WallClock.now, propose: work.proposing)
        work.tasks = tasks
        self.bridge = BridgeSetup.bridge(
            configuration, posts, access, agent, work, commands, news, tasks)
        let bridge = self.bridge
        let services = networks.map { network in
            NetworkService(
                network.first, making: network.make, while: store.held, registry: posts.adapters, sink: bridge)
        }
        self.networks = services
        self.commits = CommitRecovery(
            posts: posts, workspaces: commands.workspaces, repositories: repositories, audit: self.audit,
            logger: self.logger)
        let watch = TaskWatch(desk: tasks)
        let parts = news.parts(source: ClientNewsSource(gitHub.client)) { watch.hurry($0) }
        let mounted = try ProxySetup.mounted(
            in: configuration, store: store, metrics: metrics,
            account: self.model.parts.lazy.compactMap { ($0 as? SignedInCopilot)?.account }.first,
            tracer: posts.environment.tracer)
        let signIn = configuration.signInProviders(tokens: news.people)
        let checks = AccountChecks(
            providers: signIn, access: access, now: WallClock.now, logger: Logger(label: "sign-in"))
        (self.gitHubServices, self.proxyServices) = (
            parts.services + [checks, watch], mounted?.services ?? []
        )
        self.gateway = try GatewaySetup.gateway(
            listening, configuration, bridge: self.bridge, web: web, repositories: repositories, model: self.model,
            workspaces: commands.workspaces, jail: { commands.shells.known?.status }, mount: mounted?.mount,
            hooks: services.compactMap(NetworkSetup.hook) + [parts.hook].compactMap { $0 }, cluster: cluster,
            signIn: signIn, tokens: news.people, tasks: tasks, extensions: self.extensions,
            pushKey: PushKey(derivedFrom: self.audit.key(for: "push")))
        self.signInCode = access.printSignInCode()
        _ = await prepared
    }

    /// Recovers what the last run left unfinished, serves until stopped, and closes the store. Calls `onReady` once
    /// everything runs; if that throws, the host stops and rethrows the error. Returns why it stopped.
    ///
    /// - Parameter takesUp: Without, what was left waits for another run, which ends later than a command: this one serves
    ///   what begins in it, and has no duties.
    @discardableResult
    package func run(
        _ settings: ServiceGroup.Settings = ServiceGroup.Settings(), reload: ConfigurationReload? = nil,
        takesUp: Bool = true, onReady: @escaping @Sendable (Host) async throws -> Void
    ) async throws -> ServiceGroup.Ending {
        // Cancelled and awaited if this fails, so that nothing is left of a jail that is being tried.
        async let _ = self.shells.tried()
        // Unstructured, because it may wait for servers: it runs beside the services and is cancelled with them.
        let reports = try await self.recover(takesUp).map { left in Task { await self.commits.reportOthers(of: left) } }
        defer { reports?.cancel() }
        // Before anybody can reach the host and stop it.
        let group = self.group(settings, reload: reload)
        self.running.withLock { $0 = group }
        try await self.gateway.start()
        try self.directory.write("\(self.address)\n", to: "gateway.address")
        defer { self.directory.remove("gateway.address") }
        self.logger.info(
            "the gateway is listening", ["address": .string(self.address), "public_url": .string(self.publicURL)])
        // Runs alongside the services, because a conversation in the terminal lasts as long as they do.
        async let ready: Void = self.whenReady(onReady)
        let ending = try await Language.$current.withValue(self.bridge.environment.settings.language) {
            try await group.run()
        }
        try await ready
        reports?.cancel()
        await reports?.value
        await self.database.close()
        await self.cluster?.close()
        return ending
    }

    /// Takes up what the last run left; in a cluster, what the others give to this host, as soon as it runs.
    private func recover(_ takesUp: Bool) async throws -> CommitRecovery.Interrupted? {
        if let cluster = self.cluster {
            try await self.bridge.recover(.some([]))
            try await cluster.join(wanting: self.networks.map(\.place), for: self)
            return nil
        }
        guard takesUp else {
            let store = self.bridge.store
            store.held.drop(try await store.read { ledger in try ledger.unfinishedPlaces() }.union(Place.duties))
            try await self.bridge.recover(.some([]))
            return nil
        }
        let interrupted = try await self.commits.keepKnown()
        try await self.workbench.recover()
        try await self.bridge.recover()
        return interrupted
    }

    /// Prepares the stop for a program that takes over this process. Returns the gateway's socket for it, or nil before
    /// the start is complete.
    package func handOver() async -> Int32? {
        guard let socket = await self.gateway.keepListening() else { return nil }
        self.bridge.handOver()
        return socket
    }

    /// Starts the graceful stop.
    package func stop() {
        self.running.withLock { $0 }?.terminate(reason: "done")
    }

    private func whenReady(_ onReady: @Sendable (Host) async throws -> Void) async throws {
        // Only a stop ends this wait early.
        guard (try? await self.shells.found()) != nil else { return }
        do {
            try await onReady(self)
        } catch {
            self.stop()
            throw error
        }
    }

    private func group(_ settings: ServiceGroup.Settings, reload: ConfigurationReload?) -> ServiceGroup {
        let logger = self.logger
        var settings = settings
        settings.check = { [store = self.bridge.store] in
            // A commit in doubt waits for its server, which a new process would have to do as well.
            if store.database.doubt == nil { try await store.probe() }
        }
        // Answers that the bridge interrupts at its drain deadline must still be posted: otherwise people would not see
        // the interruption until the next start.
        settings.stopDeadline = max(settings.stopDeadline, BridgeSetup.drainTimeout + .seconds(10))
        // Services stop in reverse order: a model's processes or account after the turns that use them, and the proxy's
        // usage recorder after the gateway's clients have left.
        let membership: [any Service] = [
            self.bridge.exporter(version: Release.version) as (any Service)?, self.claim, self.cluster?.cluster,
            self.cluster?.bus,
        ].compactMap { $0 }
        let models = self.model.parts.compactMap { $0 as? any Service }
        return ServiceGroup(
            membership + self.auditServices + models + self.proxyServices + self.workspaceServices
                + [self.workbench, ExtensionSetup.watch(self.extensions, self.bridge), self.gateway]
                + [AdapterService(adapter: self.web, sink: self.bridge)] + self.networks + [self.bridge]
                + self.gitHubServices,
            settings: settings,
            report: { event in logger.log(event.isWarning ? .warning : .info, "\(event)") },
            reload: { if let reload { await self.apply(reload) } })
    }

    private var auditServices: [any Service] {
        let logger = Logger(label: "audit")
        let witness = AuditWitness(self.audit, logger: logger)
        guard let lifetime = self.bridge.environment.settings.retention.audit else { return [witness] }
        return [
            AuditRetention(self.audit, lifetime: lifetime, logger: logger, now: self.bridge.expiryTime), witness,
        ]
    }

    private func apply(_ reload: ConfigurationReload) async {
        let (loaded, outcome) = reload.next()
        for issue in loaded.issues { self.logger.warning("\(issue)") }
        guard let configuration = loaded.configuration else {
            self.logger.error("the configuration has errors, so the current one stays in effect")
            return
        }
        configuration.log.apply()
        do {
            self.agent.replace(configuration.agentSettings)
            await self.extensions.replace(configuration.extensions)
            try await self.bridge.access.replace(policy: configuration.access.policy)
            try await self.bridge.access.reviewAccounts()
            self.logger.info("\(outcome)")
        } catch {
            self.logger.error("could not apply access", ["error": .string("\(error)")])
        }
    }
}

package enum Release {
    /// A semantic version, https://semver.org
    package static let version = "0.1.1"

    /// How requests name this program.
    static let userAgent = "jetbridge/\(Self.version)"
}
