internal import Copilot
internal import Database
internal import EventLoop
internal import HTTP
internal import JSON
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Proxy
internal import Sessions

/// The parts list of `jetbridge proxy`.
package final class ProxyHost: Sendable {
    private let server: ProxyServer
    private let recorder: ProxyUsageRecorder?
    /// nil with a static token.
    private let account: CopilotAccount?
    private let database: Database?
    private let logger: Logger
    /// Where requests go; nil for the account's own address.
    package let upstream: String?
    /// Whether clients have to show a key.
    package let requiresKey: Bool

    /// Opens everything that can be wrong before anybody is served: token, store, address.
    package init(_ configuration: Configuration, surroundings: Surroundings) async throws {
        OpenFileLimit.raise()
        let logger = Logger(label: "proxy")
        let source = try ProxyParts.source(for: configuration, in: surroundings)
        self.account = source as? CopilotAccount
        try await Self.check(self.account)
        let settings = try ProxyParts.settings(configuration)
        let needsKeys = settings.requiresKey || !settings.isLoopback
        let database = try Self.database(configuration, isNeeded: needsKeys, logger: logger)
        let store = database.map { SessionStore(database: $0) }
        let recorder = store.map { ProxyUsageRecorder(store: $0, metrics: nil, logger: logger) }
        let proxy = try ProxyParts.proxy(
            for: configuration, source: source, store: store, usage: { recorder?.record($0) })
        self.server = ProxyServer(proxy, logger: logger)
        self.recorder = recorder
        self.database = database
        self.logger = logger
        self.upstream = configuration.proxy.upstream?.description
        self.requiresKey = proxy.requiresKey
    }

    /// Without a sign-in there is nothing to serve; a network that fails at the moment may come back.
    private static func check(_ account: CopilotAccount?) async throws {
        guard let account else { return }
        do {
            _ = try await account.token()
        } catch let error as ModelError where error.code == .unauthorized || error.code == .refused {
            await account.close()
            throw HostError("the proxy has no Copilot token: \(error.message) Or set COPILOT_TOKEN to one.")
        } catch is ModelError {
            // Told in the log; each request tries again.
        }
    }

    /// Serves until it is told to stop. `onReady` gets the bound address once it listens.
    package func run(onReady: @Sendable (String) async throws -> Void) async throws {
        try await self.server.start()
        try await onReady(self.server.boundAddress.map { "\($0)" } ?? "")
        let logger = self.logger
        let accounts: [any Service] = self.account.map { [$0] } ?? []
        let services: [any Service] = accounts + (self.recorder.map { [$0] } ?? []) + [self.server]
        try await ServiceGroup(
            services, report: { event in logger.log(event.isWarning ? .warning : .info, "\(event)") }
        ).run()
        await self.database?.close()
    }

    /// Keys and usage are kept there. Where no key is needed, the proxy works without.
    private static func database(
        _ configuration: Configuration, isNeeded: Bool, logger: Logger
    ) throws -> Database? {
        do {
            _ = try DataDirectory(path: configuration.dataDirectory)
            return try Stores.open(configuration)
        } catch {
            guard !isNeeded else { throw error }
            // As an error, for the log may not be configured yet.
            logger.error(
                "the store cannot be opened: usage is not counted, and client keys are unknown",
                ["error": .string("\(error)")])
            return nil
        }
    }
}
