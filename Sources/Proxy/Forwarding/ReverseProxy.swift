package import Copilot
internal import Crypto
internal import EventLoop
internal import HTTP
internal import HTTPClient
package import HTTPServer
internal import JSON
package import Logging
internal import Primitives

/// Answers every request by asking the upstream: the whole proxy behind a server's dispatch.
package final class ReverseProxy: HTTPDispatcher, Sendable {
    let settings: ProxySettings
    let client: HTTPClient
    let account: UpstreamAccount
    let gatekeeper: Gatekeeper
    let logger: Logger
    let usage: UsageSink
    let now: @Sendable () -> Int64
    /// What is cut off the paths of requests; empty for a server of its own.
    let prefix: String
    /// How this process signs requests that it forwards, to know them again when they come back.
    let signature: String
    /// As a request's `Via` has it.
    let via: String
    let generalHeaders: [(name: String, value: String)]
    let trace = AccessTrace()
    let accessLog: AccessLog
    @Net var cache: ResponseCache
    @Net var cacheGeneration = 0
    /// Whether the upstream wants OpenAI's `/v1` in paths; nil while that isn't known.
    @Net var keepsVersion: Bool?

    /// - Parameters:
    ///   - prefix: The path that the proxy is mounted at, such as `/proxy`; then a key is always required, for the host
    ///     around it may be reached from anywhere.
    ///   - lookup: Finds client keys.
    ///   - usage: Hears of the tokens that answers cost.
    ///   - now: Milliseconds since 1970.
    package init(
        _ settings: ProxySettings, source: any CopilotTokenSource, prefix: String = "", version: String = "0",
        lookup: @escaping ClientKeyLookup, usage: @escaping UsageSink = { _ in }, logger: Logger,
        now: @escaping @Sendable () -> Int64
    ) {
        self.settings = settings
        self.prefix = prefix
        self.usage = usage
        self.logger = logger
        self.accessLog = AccessLog(logger: logger)
        self.now = now
        var client = HTTPClientSettings()
        client.caFile = settings.caFile
        client.connectTimeout = settings.connectTimeout
        client.idleTimeout = settings.idleTimeout
        client.maxIdleConnections = 256
        client.userAgent = "jetbridge/\(version)"
        self.client = HTTPClient(client)
        self.account = UpstreamAccount(source: source, upstream: settings.upstream)
        self.gatekeeper = Gatekeeper(
            lookup: lookup, requiresKey: settings.requiresKey || !settings.isLoopback || !prefix.isEmpty,
            requestsPerMinute: settings.requestsPerMinute)
        self.signature = "jetbridge-\(Crypto.hex(Crypto.randomBytes(4)))"
        self.via = "1.1 \(self.signature)"
        self.generalHeaders = settings.headers.general
        self.cache = ResponseCache(limit: settings.cacheBytes)
        self.keepsVersion = settings.upstream == nil ? false : nil
    }

    /// Whether clients have to show a key.
    package var requiresKey: Bool { self.gatekeeper.requiresKey }

    package func dispatch(_ head: RequestHead) -> HTTPDispatch {
        // Nothing is held, so nothing is too long.
        HTTPDispatch(
            .deferred { request, reply in Passage(request, through: self).answer(by: reply) }, bodyLimit: .max)
    }

    /// The cache of the account that `access` belongs to: another account begins with an empty one.
    @Net func openCache(for access: UpstreamAccess) {
        guard self.cacheGeneration != access.generation else { return }
        self.cacheGeneration = access.generation
        self.cache.removeAll()
    }
}
