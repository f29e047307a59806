internal import Chat
internal import Delivery
internal import EventLoop
internal import Gateway
internal import HTTPClient
internal import HTTPServer
internal import IRC
internal import Kit
internal import Lifecycle
internal import Logging
internal import Matrix
internal import People
internal import Primitives
internal import Sessions
internal import Slack
internal import Store
internal import Telegram
internal import Threads

/// Sets up the configured networks' adapters.
struct NetworkSetup {
    typealias Network = NetworkService<Hook>.Network

    /// Where a platform delivers events.
    struct Hook {
        let path: String
        let respond: @Sendable (HTTPServerRequest) async -> HTTPServerResponse
    }

    /// The deliveries of the platform's webhook, for the adapter that then runs.
    static func hook(of service: NetworkService<Hook>) -> GatewayHook? {
        service.hook.map { hook in
            GatewayHook(path: hook.path, of: service.place) { await (service.hook ?? hook).respond($0) }
        }
    }

    /// What follows networks from host to host.
    struct SharedMemory {
        let store: SessionStore
        let key: Secret

        /// - Parameter file: What this host kept before it was in a cluster.
        func memory(of adapter: AdapterID, after file: MemoryStore) -> MemoryStore {
            let stored = StoredMemory(
                of: adapter, in: self.store, sealedWith: self.key, logger: Logger(label: "cluster"))
            return MemoryStore(
                load: { if let own = await stored.load() { own } else { await file.load() } }, save: stored.save)
        }

        func keys(of id: String, besides files: MatrixKeyFiles) -> MatrixSharedKeys {
            let (place, store) = (Place.network(AdapterID("matrix:\(id)")), self.store)
            let key = SealedBox.key(self.key, for: "keys of \(place)")
            return MatrixSharedKeys(of: place.name, sealedWith: key, takingOver: files) {
                PlaceTables(of: place, in: store)
            }
        }
    }

    let configuration: Configuration
    /// Where adapters persist their state, unless hosts share it.
    let directory: DataDirectory
    let shared: SharedMemory?
    /// To serve: adapters accept invitations of people who may talk to the bot, and those to a direct conversation from
    /// anyone while a pairing code is unused. Nil to check connections: they join no channels and persist nothing.
    let access: AccessControl?

    func all() -> [Network] { self.makers.map { $0() } }

    /// Each makes one network, as often as it begins.
    var makers: [@Sendable () -> Network] {
        let adapters = self.configuration.adapters
        var makers: [@Sendable () -> Network] = []
        for settings in adapters.irc { makers.append { Network(adapter: self.irc(settings)) } }
        for settings in adapters.matrix { makers.append { Network(adapter: self.matrix(settings)) } }
        for settings in adapters.slack { makers.append { self.slack(settings) } }
        for settings in adapters.telegram { makers.append { self.telegram(settings) } }
        return makers
    }

    private func irc(_ settings: IRCSettings) -> IRCAdapter {
        let logger = Logger(label: "irc")
        guard let memory = self.memory(of: "irc", settings.id) else {
            var settings = settings
            settings.channels = []
            return IRCAdapter(settings, logger: logger)
        }
        // In a cluster, another host may have the network by the time that the next program runs.
        let passed = self.shared == nil ? InheritedSockets.ofProcess.connections : PassedConnections()
        return IRCAdapter(settings, memory: memory, passed: passed, logger: logger)
    }

    private func matrix(_ settings: MatrixSettings) -> MatrixAdapter {
        let (logger, client) = (Logger(label: "matrix"), self.client(of: settings.id))
        guard let access = self.access else {
            // Reads the serving host's sign-in, but never overwrites it.
            let load = self.stored("matrix", settings.id).load
            return MatrixAdapter(
                settings, memory: MemoryStore(load: load, save: { _ in true }), client: client, logger: logger)
        }
        return MatrixAdapter(
            settings, memory: self.stored("matrix", settings.id), keys: self.keys(of: settings.id), client: client,
            mayInvite: { access.role(of: $0) != nil }, mayPair: { await access.expectsPairing() }, logger: logger)
    }

    private func keys(of id: String) -> any MatrixKeyPlace {
        let files = MatrixKeyFiles(of: id, in: self.directory)
        guard let shared = self.shared else { return files }
        return shared.keys(of: id, besides: files)
    }

    /// The encryption keys of a Matrix connection, for commands and `doctor`.
    func matrixKeys(of settings: MatrixSettings) -> LiveMatrixKeys {
        LiveMatrixKeys(self.matrix(settings), keys: self.keys(of: settings.id))
    }

    private func slack(_ settings: SlackSettings) -> Network {
        var settings = settings
        settings.commands = Self.commands
        let adapter = SlackAdapter(
            settings, memory: self.memory(of: "slack", settings.id) ?? .none,
            client: self.client(of: settings.id), logger: Logger(label: "slack"))
        guard case .http = settings.intake else { return Network(adapter: adapter) }
        return Network(
            adapter: adapter, hook: Hook(path: "/hooks/slack/\(settings.id)") { await adapter.respond(to: $0) })
    }

    private func telegram(_ settings: TelegramSettings) -> Network {
        var settings = settings
        settings.commands = Self.commands
        let adapter = TelegramAdapter(
            settings, memory: self.memory(of: "telegram", settings.id, isFlushed: true) ?? .none,
            client: self.client(of: settings.id), logger: Logger(label: "telegram"))
        guard case .webhook = settings.intake else { return Network(adapter: adapter) }
        return Network(
            adapter: adapter,
            hook: Hook(path: "/hooks/telegram/\(settings.id)") { await adapter.respond(to: $0) })
    }

    /// Where an adapter persists its state; nil when only checking.
    private func memory(of network: String, _ id: String, isFlushed: Bool = false) -> MemoryStore? {
        self.access == nil ? nil : self.stored(network, id, isFlushed: isFlushed)
    }

    private func stored(_ network: String, _ id: String, isFlushed: Bool = false) -> MemoryStore {
        let file = MemoryStore.file(self.directory.path(of: "\(network)-\(id).memory"), isFlushed: isFlushed)
        return self.shared?.memory(of: AdapterID("\(network):\(id)"), after: file) ?? file
    }

    /// The HTTP client for a platform, which may be self-hosted.
    private func client(of id: String) -> HTTPClient {
        let transport = self.configuration.adapters.transports[id] ?? .standard
        return HTTPClient(
            HTTPClientSettings(caFile: transport.caFile, allowsPlainHTTP: transport.allowsPlainHTTP))
    }

    /// The commands that platforms list in a menu.
    static let commands = CommandName.allCases.map { command in
        MenuCommand(name: command.rawValue, argument: command.argument, summary: command.summary)
    }
}

/// Runs an adapter as a service.
struct AdapterService: Service {
    let adapter: any ChatAdapter
    let sink: any MessageSink

    var name: String { "adapter \(self.adapter.id)" }

    func run() async throws { try await self.adapter.run(delivering: self.sink) }

    func stop() async { await self.adapter.stop() }
}
