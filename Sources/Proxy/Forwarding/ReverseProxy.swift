package import Copilot
internal import Crypto
internal import EventLoop
internal import HTTP
internal import HTTPClient
package import HTTPServer
internal import JSON
package import Logging
internal import Primitives

/// Forwards every request to the upstream; the whole proxy behind a server's dispatch.
package final class ReverseProxy: HTTPDispatcher, Sendable {
    let settings: ProxySettings
    let client: HTTPClient
    let account: UpstreamAccount
    let gatekeeper: Gatekeeper
    let logger: Logger
    let usage: UsageSink
    let now: @Sendable () -> Int64
    /// Removed from request paths; empty for a standalone proxy.
    let prefix: String
    /// Identifies this process in `Via`, so that it recognises its own requests in a loop.
    let signature: String
    /// The value added to `Via`.
    let via: String
    let generalHeaders: [(name: String, value: String)]
    let trace = AccessTrace()
    let accessLog: AccessLog
    @Net var cache: ResponseCache
    @Net var cacheGeneration = 0
    /// Whether the upstream expects OpenAI's `/v1` in paths; nil while unknown.
    @Net var keepsVersion: Bool?

    /// - Parameters:
    ///   - prefix: The path at which the proxy is mounted, such as `/proxy`. A key is then always required, because the
    ///     surrounding host may be reachable from anywhere.
    ///   - lookup: Finds client keys.
    ///   - usage: Receives the tokens used by each answer.
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
            requestsPerMinute: settings.requestsPerMinute, pages: PagePolicy(listen: settings.host))
        self.signature = "jetbridge-\(Crypto.hex(Crypto.randomBytes(4)))"
        self.via = "1.1 \(self.signature)"
        self.generalHeaders = settings.headers.general
        self.cache = ResponseCache(limit: settings.cacheBytes)
        self.keepsVersion = settings.upstream == nil ? false : nil
    }

    /// Whether clients must send a key.
    package var requiresKey: Bool { self.gatekeeper.requiresKey }

    package func dispatch(_ head: RequestHead) -> HTTPDispatch {
        // Bodies are streamed, so none is too long.
        HTTPDispatch(
            .deferred { request, reply in Passage(request, through: self).answer(by: reply) }, bodyLimit: .max)
    }

    package func response(to problem: HTTPProblem, path: Substring?) -> HTTPServerResponse {
        ProxyRefusal(problem).response(at: path?.dropFirst(self.prefix.count))
    }

    /// Empties the cache if `access` belongs to another account than the cached answers.
    @Net func openCache(for access: UpstreamAccess) {
        guard self.cacheGeneration != access.generation else { return }
        self.cacheGeneration = access.generation
        self.cache.removeAll()
    }
}
