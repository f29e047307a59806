package import Copilot
internal import Crypto
internal import EventLoop
internal import HTTP
internal import HTTPClient
package import HTTPServer
internal import JSON
package import Logging
internal import Primitives
package import Telemetry

/// Forwards every request to the upstream; the whole proxy behind a server's dispatch.
package final class ReverseProxy: HTTPDispatcher, Sendable {
    let settings: ProxySettings
    let models: ModelAliases
    let client: HTTPClient
    let account: UpstreamAccount
    let gatekeeper: Gatekeeper
    let budget: DailyBudget
    /// Nil without budgets in money.
    let spending: Spending?
    let logger: Logger
    let usage: UsageSink
    /// Nil without telemetry.
    let tracer: Tracer?
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
    let memory = UpstreamMemory()
    let paths = PathMemory()
    let keptBytes = KeptBytes()
    /// For bodies that are taken apart, of all clients.
    let trees = RequestBudget(limit: 64 << 20, waiting: 10_000)
    /// For bodies in another form, of all clients, until the upstream begins to answer.
    let edited = RequestBudget(limit: 128 << 20, waiting: 10_000)
    /// The requests since the start, by the status of their answers.
    package let requests: StatusCounts
    private let endPoints: ProxyEndPoints

    /// - Parameters:
    ///   - prefix: The path at which the proxy is mounted, such as `/proxy`. A key is then always required, because the
    ///     surrounding host may be reachable from anywhere.
    ///   - lookup: Finds client keys.
    ///   - usage: Receives the tokens used by each answer.
    ///   - spending: Reads whether a budget in money is used up; nil without budgets.
    ///   - exposition: What a standalone proxy answers at `/metrics`.
    ///   - othersUse: Reads the tokens that limited keys have used elsewhere.
    ///   - board: What this process shares with other workers; nil if it is the only one.
    ///   - now: Milliseconds since 1970.
    package init(
        _ settings: ProxySettings, source: any CopilotTokenSource, prefix: String = "", version: String = "0",
        lookup: @escaping ClientKeyLookup, usage: @escaping UsageSink = { _ in },
        othersUse: @escaping DailyUseLookup = { _, _ in 0 }, spending: SpendingLookup? = nil,
        exposition: @escaping @Sendable () -> String = { "" },
        board: WorkerBoard? = nil, tracer: Tracer? = nil, logger: Logger, now: @escaping @Sendable () -> Int64
    ) {
        self.tracer = tracer
        self.settings = settings
        self.models = ModelAliases(aliases: settings.aliases, fallbacks: settings.fallbacks)
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
        client.opensAhead = true
        client.prefersHTTP1 = true
        client.userAgent = "jetbridge/\(version)"
        self.client = HTTPClient(client)
        self.account = UpstreamAccount(source: source, upstream: settings.upstream)
        self.gatekeeper = Gatekeeper(
            lookup: lookup, requiresKey: settings.requiresKey || !settings.isLoopback || !prefix.isEmpty,
            requestsPerMinute: settings.requestsPerMinute, pages: PagePolicy(listen: settings.host), board: board)
        self.requests = StatusCounts(board: board)
        self.budget = DailyBudget(lookup: othersUse)
        self.spending = spending.map { Spending(lookup: $0) }
        self.signature = "jetbridge-\(Crypto.hex(Crypto.randomBytes(4)))"
        self.via = "1.1 \(self.signature)"
        self.generalHeaders = settings.headers.general
        self.cache = ResponseCache(limit: settings.cacheBytes)
        self.endPoints = ProxyEndPoints(
            client: self.client, account: self.account, gatekeeper: self.gatekeeper, exposition: exposition, now: now)
    }

    /// Whether a request's model decides where it goes, and in which form.
    @Net var needsModel: Bool {
        !self.models.isEmpty || self.memory.hasForms || self.memory.hasRefusals
    }

    /// Whether clients must send a key.
    package var requiresKey: Bool { self.gatekeeper.requiresKey }

    package func dispatch(_ head: RequestHead) -> HTTPDispatch {
        // Below the gateway, these are the gateway's.
        if self.prefix.isEmpty, let own = self.endPoints.dispatch(head) { return own }
        // Bodies are streamed, so none is too long.
        return HTTPDispatch(
            .deferred { request, reply in ForwardedRequest(request, through: self).answer(by: reply) }, bodyLimit: .max)
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
