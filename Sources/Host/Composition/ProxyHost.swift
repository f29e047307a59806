internal import Copilot
internal import Database
internal import EventLoop
internal import Glibc
internal import HTTP
internal import JSON
package import Lifecycle
internal import Logging
internal import Metrics
internal import Models
internal import Primitives
internal import Proxy
internal import Store
internal import Telemetry

/// Composes and runs `jetbridge proxy`.
package final class ProxyHost: Sendable {
    private let server: ProxyServer
    private let recorder: ProxyUsageRecorder?
    /// Nil with a static token.
    private let account: CopilotAccount?
    private let database: Database?
    private let logger: Logger
    private let exporter: TelemetryExporter?
    /// Nil in a worker, and for a proxy without any.
    private let workers: (@Sendable (UInt16) -> ProxyWorkers)?
    private let isWorker: Bool
    /// Where requests go; nil for the account's API address.
    package let upstream: String?
    /// Whether clients must send a key.
    package let requiresKey: Bool

    /// Opens everything that can fail before serving starts: token, store, address.
    package init(_ configuration: Configuration, surroundings: Surroundings) async throws {
        OpenFileLimit.raise()
        let logger = Logger(label: "proxy")
        let source = try ProxySetup.source(for: configuration, in: surroundings)
        self.account = source as? CopilotAccount
        try await Self.check(self.account)
        let settings = try ProxySetup.settings(configuration)
        let needsKeys = settings.requiresKey || !settings.isLoopback
        let database = try Self.database(configuration, isNeeded: needsKeys, logger: logger)
        let store = database.map { SessionStore(database: $0) }
        let metrics = Metrics.ofProcess(announcing: [.proxyRequests, .modelTokens])
        let tracer = configuration.telemetry.map { Tracer($0) }
        let assignment = try ProxyWorkers.assignment(in: surroundings.environment)
        let count = assignment == nil ? configuration.proxy.workers ?? Self.cores : 1
        let board = try assignment?.board ?? (count > 1 ? WorkerBoard() : nil)
        let recorder = store.map { ProxyUsageRecorder(store: $0, metrics: metrics, board: board, logger: logger) }
        let proxy = try ProxySetup.proxy(
            for: configuration, source: source, store: store, metrics: metrics, recorder: recorder, board: board,
            tracer: tracer)
        self.exporter = tracer.map { metrics.exporter(for: $0, service: "jetbridge-proxy", version: Release.version) }
        let server = ProxyServer(
            proxy, port: assignment?.port, sharing: assignment != nil ? .further : count > 1 ? .first : .none,
            logger: logger)
        self.server = server
        self.isWorker = assignment != nil
        var workers: (@Sendable (UInt16) -> ProxyWorkers)?
        if assignment == nil, let board {
            workers = { port in
                ProxyWorkers(
                    count: count - 1, port: port, board: board, environment: surroundings.environment,
                    drain: server.drain, logger: logger)
            }
        }
        self.workers = workers
        self.recorder = recorder
        self.database = database
        self.logger = logger
        self.upstream = configuration.proxy.upstream?.description
        self.requiresKey = proxy.requiresKey
    }

    /// Fails without a sign-in, but not for a network error, which may be temporary.
    private static func check(_ account: CopilotAccount?) async throws {
        guard let account else { return }
        do {
            _ = try await account.token()
        } catch let error as ModelError where error.code == .unauthorized || error.code == .refused {
            await account.close()
            throw HostError("the proxy has no Copilot token: \(error.message) Alternatively, set COPILOT_TOKEN.")
        } catch is ModelError {
            // The account logs it, and each request retries.
        }
    }

    private static var cores: Int { min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), 64) }

    /// Serves until stopped. Calls `onReady` with the bound address once it is listening, except in a worker. Returns why
    /// it stopped.
    @discardableResult
    package func run(onReady: @Sendable (String) async throws -> Void) async throws -> ServiceGroup.Ending {
        try await self.server.start()
        let address = self.server.boundAddress
        if self.isWorker {
            try await ProxyWorkers.endWithFirst()
        } else {
            try await onReady(address.map { "\($0)" } ?? "")
        }
        let logger = self.logger
        let accounts: [any Service] = self.account.map { [$0] } ?? []
        let services: [any Service] =
            (self.exporter.map { [$0] } ?? []) + accounts + (self.recorder.map { [$0] } ?? []) + [
                ProxyServing(server: self.server, workers: address.flatMap { self.workers?($0.port) })
            ]
        let ending = try await ServiceGroup(
            services, report: { event in logger.log(event.isWarning ? .warning : .info, "\(event)") }
        ).run()
        await self.database?.close()
        return ending
    }

    /// The store of keys and usage. If no key is needed, the proxy works without it.
    private static func database(
        _ configuration: Configuration, isNeeded: Bool, logger: Logger
    ) throws -> Database? {
        do {
            let directory = try DataDirectory(path: configuration.dataDirectory)
            if let restriction = directory.restriction { logger.warning("\(restriction)") }
            return try Stores.open(configuration)
        } catch {
            guard !isNeeded else { throw error }
            // At error level, because the log may not be configured yet.
            logger.error(
                "the store cannot be opened: usage is not counted, and client keys are unknown",
                ["error": .string("\(error)")])
            return nil
        }
    }
}
