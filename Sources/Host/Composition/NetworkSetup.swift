internal import Chat
internal import Gateway
internal import HTTPClient
internal import HTTPServer
internal import IRC
internal import Kit
internal import Lifecycle
internal import Logging
internal import Matrix
internal import Primitives
internal import Sessions
internal import Slack
internal import Telegram

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

        func memory(of adapter: AdapterID) -> MemoryStore {
            let stored = StoredMemory(
                of: adapter, in: self.store, sealedWith: self.key, logger: Logger(label: "cluster"))
            return MemoryStore(load: stored.load, save: stored.save)
        }
    }

    /// Why the adapters are created.
    enum Purpose {
        /// To serve: they persist their state in the folder, and accept invitations of people who may talk to the bot, and
        /// those to a direct conversation from anyone while a pairing code is unused.
        case serving(DataDirectory, AccessControl, SharedMemory?)
        /// To check connections: they join no channels and persist nothing.
        case checking(DataDirectory)

        var directory: DataDirectory {
            switch self {
            case .serving(let directory, _, _), .checking(let directory): directory
            }
        }
    }

    private let configuration: Configuration
    private let purpose: Purpose

    init(_ configuration: Configuration, for purpose: Purpose) {
        self.configuration = configuration
        self.purpose = purpose
    }

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
        return IRCAdapter(settings, memory: memory, logger: logger)
    }

    private func matrix(_ settings: MatrixSettings) -> MatrixAdapter {
        let logger = Logger(label: "matrix")
        let client = self.client(of: settings.id)
        switch self.purpose {
        case .serving(let directory, let access, _):
            return MatrixAdapter(
                settings, memory: self.memory(of: "matrix", settings.id) ?? .none,
                keys: MatrixKeyFiles(of: settings.id, in: directory), client: client,
                mayInvite: { access.role(of: $0) != nil }, mayPair: { await access.expectsPairing() }, logger: logger)
        case .checking(let directory):
            // Reads the serving host's sign-in, but never overwrites it.
            let stored = MemoryStore.file(directory.path(of: Self.memoryName("matrix", settings.id)))
            return MatrixAdapter(
                settings, memory: MemoryStore(load: stored.load, save: { _ in true }), client: client,
                logger: logger)
        }
    }

    /// The encryption keys of a Matrix connection, for commands and `doctor`.
    func matrixKeys(of settings: MatrixSettings) -> LiveMatrixKeys {
        LiveMatrixKeys(self.matrix(settings), files: MatrixKeyFiles(of: settings.id, in: self.purpose.directory))
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
        guard case .serving(let directory, _, let shared) = self.purpose else { return nil }
        guard let shared else {
            return .file(directory.path(of: Self.memoryName(network, id)), isFlushed: isFlushed)
        }
        return shared.memory(of: AdapterID("\(network):\(id)"))
    }

    private static func memoryName(_ network: String, _ id: String) -> String { "\(network)-\(id).memory" }

    /// The HTTP client for a platform, which may be self-hosted.
    private func client(of id: String) -> HTTPClient {
        let transport = self.configuration.adapters.transports[id] ?? .standard
        var settings = HTTPClientSettings()
        settings.caFile = transport.caFile
        settings.allowsPlainHTTP = transport.allowsPlainHTTP
        settings.userAgent = "jetbridge/\(Release.version)"
        return HTTPClient(settings)
    }

    /// The commands that platforms list in a menu.
    static let commands = CommandName.allCases.map { command in
        ChatCommand(name: command.rawValue, argument: command.argument, summary: command.summary)
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
