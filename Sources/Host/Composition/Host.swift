internal import Chat
internal import Copilot
internal import Database
internal import Gateway
internal import JSON
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Repositories
package import Sessions
internal import Specs

/// The parts list: what the configuration says, as objects in one service group. No logic lives here.
package final class Host: Sendable {
    package let directory: DataDirectory
    package let bridge: Bridge
    /// The base of links in threads.
    package let publicURL: String
    /// What the gateway listens on, `HOST:PORT`.
    package let address: String
    /// Signs browsers in as the owner, for an hour.
    package let signInCode: String
    private let lock: DataDirectoryLock
    private let database: Database
    private let gateway: Gateway
    private let adapters: [any ChatAdapter]
    private let model: any ModelClient
    private let proxyServices: [any Service]
    private let logger = Logger(label: "host")
    private let running = Protected<ServiceGroup?>(nil)

    /// Opens everything that can be wrong before anybody is served: directory, store, repositories, model, address.
    /// Without networks only the web is served, for a conversation in the terminal.
    package init(_ configuration: Configuration, withNetworks: Bool = true) async throws {
        self.directory = try DataDirectory(path: configuration.dataDirectory)
        self.lock = try self.directory.lock()
        let metrics = Metrics()
        ProcessMetrics.register(in: metrics)
        self.database = try Stores.open(configuration, metrics: metrics)
        let store = SessionStore(database: self.database)
        let model = ModelProvider.client(for: configuration, logger: Logger(label: "model"))
        self.model = model
        let catalog = ModelCatalog(model, contextTokens: configuration.model.contextTokens)
        let repositories = await RepositoryParts.catalog(for: configuration)
        let web = WebAdapter(now: WallClock.now)
        let invitations = InvitationPolicy()
        let networks =
            withNetworks
            ? NetworkParts(configuration, for: .serving(self.directory, invitations: invitations)).all() : []
        self.adapters = [web] + networks.map(\.adapter)
        let listening = try GatewayParts.listening(configuration.gateway)
        self.address = listening.authority
        self.publicURL = configuration.gateway.publicURL.map(GatewayParts.base) ?? listening.url
        self.bridge = Bridge(
            store: store, adapters: AdapterRegistry(self.adapters),
            workers: [
                "chat": ChatTurn(model, catalog: catalog, logger: Logger(label: "model")),
                "specify": SpecifyTurn(
                    model, catalog: repositories, now: { WallClock.now() / 1_000 }, logger: Logger(label: "specs")),
            ],
            models: BridgeParts.models(model, catalog), policy: BridgeParts.policy(configuration.access),
            environment: BridgeEnvironment(
                settings: BridgeParts.settings(configuration, publicURL: self.publicURL),
                logger: Logger(label: "bridge"),
                metrics: metrics, now: WallClock.now))
        invitations.ask(self.bridge.access)
        let mounted = try ProxyParts.mounted(
            in: configuration, store: store, metrics: metrics, account: (model as? SignedInCopilot)?.account)
        self.proxyServices = mounted?.services ?? []
        self.gateway = try GatewayParts.gateway(
            listening, bridge: self.bridge, web: web, viewer: RepositoryViewer(catalog: repositories), model: model,
            publicURL: self.publicURL, mount: mounted?.mount, hooks: networks.compactMap(\.hook))
        self.signInCode = self.bridge.access.printSignInCode()
        BridgeParts.registerGauges(of: self.bridge, in: metrics)
    }

    /// Puts in order what the last run left, serves until it is told to stop, and closes the store. `onReady` is called
    /// once everything runs; when it throws, the host stops and the error is passed on.
    package func run(
        watchingSignals: Bool = true, reload: (@Sendable () -> LoadedConfiguration)? = nil,
        onReady: @escaping @Sendable (Host) async throws -> Void
    ) async throws {
        try await self.bridge.recover()
        try await self.gateway.start()
        try self.directory.write("\(self.address)\n", to: "gateway.address")
        defer { self.directory.remove("gateway.address") }
        self.logger.info(
            "the gateway listens", ["address": .string(self.address), "public_url": .string(self.publicURL)])
        let group = self.group(watchingSignals: watchingSignals, reload: reload)
        self.running.withLock { $0 = group }
        // Beside the services, because a conversation in the terminal lasts as long as they do.
        async let ready: Void = self.whenReady(onReady)
        try await group.run()
        try await ready
        await self.database.close()
    }

    /// Begins the orderly stop.
    package func stop() {
        self.running.withLock { $0 }?.terminate(reason: "done")
    }

    private func whenReady(_ onReady: @Sendable (Host) async throws -> Void) async throws {
        do {
            try await onReady(self)
        } catch {
            self.stop()
            throw error
        }
    }

    private func group(watchingSignals: Bool, reload: (@Sendable () -> LoadedConfiguration)?) -> ServiceGroup {
        let logger = self.logger
        var settings = ServiceGroup.Settings()
        settings.watchesSignals = watchingSignals
        // What the bridge closes when the running answers' time is up has still to be posted: cut off before, nobody would
        // read before the next start that an answer was interrupted.
        settings.stopDeadline = max(settings.stopDeadline, BridgeParts.drainTimeout + .seconds(10))
        // A model with processes or an account of its own ends last: running turns finish before. What the gateway's
        // clients have used is stored after they are gone.
        let models = [self.model as? any Service].compactMap { $0 }
        return ServiceGroup(
            models + self.proxyServices + [self.gateway]
                + self.adapters.map { AdapterService(adapter: $0, sink: self.bridge) } + [
                    self.bridge
                ],
            settings: settings,
            report: { event in logger.log(event.isWarning ? .warning : .info, "\(event)") },
            reload: { if let reload { await self.reload(reload()) } })
    }

    private func reload(_ loaded: LoadedConfiguration) async {
        for issue in loaded.issues { self.logger.warning("\(issue)") }
        guard let configuration = loaded.configuration else {
            self.logger.error("the configuration has mistakes, so the old one stays")
            return
        }
        LogParts.configure(configuration.log)
        do {
            try await self.bridge.access.replace(policy: BridgeParts.policy(configuration.access))
            self.logger.info("log.level and access are taken over; other changes need a restart")
        } catch {
            self.logger.error("access could not be taken over", ["error": .string("\(error)")])
        }
    }
}
