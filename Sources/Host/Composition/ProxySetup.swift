internal import Analytics
internal import Copilot
internal import Gateway
internal import HTTP
internal import Lifecycle
internal import Logging
internal import Metrics
internal import People
internal import Primitives
internal import Proxy
internal import Store
internal import Telemetry

/// Sets up the proxy as configured.
enum ProxySetup {
    /// The proxy's path below the gateway.
    static let mount = "/proxy"

    static func settings(_ configuration: Configuration) throws(HostError) -> ProxySettings {
        let proxy = configuration.proxy
        let host = proxy.listen.host == "localhost" ? "127.0.0.1" : proxy.listen.host
        var settings = ProxySettings(host: host, port: UInt16(clamping: proxy.listen.port), upstream: proxy.upstream)
        settings.caFile = proxy.caFile
        settings.requiresKey = proxy.requiresKey
        settings.requestsPerMinute = proxy.requestsPerMinute
        settings.cacheBytes = proxy.cache
        settings.idleTimeout = proxy.timeout
        settings.aliases = proxy.aliases
        settings.fallbacks = proxy.fallbacks
        settings.headers.integrationID = configuration.copilot.integrationID
        settings.headers.editorVersion = configuration.copilot.editorVersion
        return settings
    }

    /// `COPILOT_TOKEN`, else `account`, else the account that is signed in.
    static func source(
        for configuration: Configuration, in surroundings: Surroundings, account: CopilotAccount? = nil
    ) throws(HostError) -> any CopilotTokenSource {
        guard let text = surroundings.variable("COPILOT_TOKEN") else {
            return account ?? SignInSetup.account(for: configuration, surroundings: surroundings)
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw HostError("COPILOT_TOKEN is not a valid token: it contains a space or another invalid character.")
        }
        // GitHub's own tokens have these forms; a Copilot token is a list such as `tid=…;exp=…`.
        if let mistaken = try? GitHubToken(text) { throw HostError(Self.refusal(of: mistaken.kind)) }
        guard !text.hasPrefix("ghr_") else {
            throw HostError(
                "COPILOT_TOKEN contains a GitHub refresh token (ghr_), not a Copilot token: unset it, and sign in with "
                    + "'jetbridge login' or 'gh auth login'.")
        }
        let token = Secret(text)
        Redaction.register(token)
        do throws(HTTPURLError) {
            return StaticCopilotToken(token, apiURL: try HTTPURL(ProxySettings.standardUpstream))
        } catch {
            throw HostError("\(error)")
        }
    }

    private static func refusal(of kind: GitHubToken.Kind) -> String {
        let name = kind.prefix.isEmpty ? "" : " (\(kind.prefix))"
        let advice =
            kind.refusal.map { "\($0); unset COPILOT_TOKEN" }
            ?? "put it into COPILOT_GITHUB_TOKEN instead, and Jetbridge exchanges it"
        return "COPILOT_TOKEN contains a GitHub token\(name), not a Copilot token: \(advice)."
    }

    /// The proxy mounted in the gateway, with the services it needs.
    struct Mounted {
        let mount: GatewayMount
        let services: [any Service]
    }

    /// The proxy below ``mount``; nil if it is disabled.
    static func mounted(
        in configuration: Configuration, store: SessionStore, metrics: Metrics, account: CopilotAccount?,
        tracer: Tracer?, surroundings: Surroundings = .ofProcess()
    ) throws(HostError) -> Mounted? {
        guard configuration.proxy.isEnabled else { return nil }
        OpenFileLimit.raise()
        let recorder = ProxyUsageRecorder(store: store, metrics: metrics, logger: Logger(label: "proxy"))
        let source = try Self.source(for: configuration, in: surroundings, account: account)
        let proxy = try Self.proxy(
            for: configuration, source: source, prefix: Self.mount, store: store, metrics: metrics,
            recorder: recorder, tracer: tracer)
        let own = account == nil ? source as? CopilotAccount : nil
        return Mounted(
            mount: GatewayMount(path: Self.mount, dispatcher: proxy),
            services: (own.map { [$0] } ?? []) + [recorder])
    }

    static func proxy(
        for configuration: Configuration, source: any CopilotTokenSource, prefix: String = "", store: SessionStore?,
        metrics: Metrics, recorder: ProxyUsageRecorder?, board: WorkerBoard? = nil, tracer: Tracer?
    ) throws(HostError) -> ReverseProxy {
        let keys = store.map { ProxyKeys(store: $0) }
        var spending: SpendingLookup?
        if let read = store?.spending(configuration.analytics) { spending = { key in try await read(key.person) } }
        let proxy = ReverseProxy(
            try Self.settings(configuration), source: source, prefix: prefix, version: Release.version,
            lookup: { secret in try await keys?.find(secret) ?? .unknown }, usage: { recorder?.record($0) },
            othersUse: { client, day in try await recorder?.othersUse(of: client, on: day) ?? 0 },
            spending: spending,
            exposition: { metrics.text() }, board: board, tracer: tracer, logger: Logger(label: "proxy"),
            now: WallClock.now)
        let requests = proxy.requests
        metrics.counters(.proxyRequests) { requests.all.map { (labels: ["status": "\($0.key)"], value: $0.value) } }
        if let board {
            metrics.counters(.modelTokens) { board.counters.compactMap { Self.tokens($0.key, $0.value) } }
        }
        return proxy
    }

    /// The name of a ``WorkerBoard``'s counter of tokens.
    static func counter(of model: String, direction: String) -> String { "\(direction) \(model)" }

    private static func tokens(_ counter: String, _ count: UInt64) -> (labels: [String: String], value: UInt64)? {
        guard let space = counter.firstIndex(of: " ") else { return nil }
        let direction = String(counter[..<space]), model = String(counter[counter.index(after: space)...])
        return (["model": model, "direction": direction], count)
    }
}

/// The proxy's client keys: tokens with the scope `proxy`, or `admin`, which allows everything.
struct ProxyKeys: Sendable {
    private let credentials: CredentialLookup

    init(store: SessionStore) {
        self.credentials = CredentialLookup(store: store)
    }

    @concurrent func find(_ secret: String) async throws -> ClientKeyFinding {
        let now = WallClock.now()
        guard let found = try await self.credentials.stored(secret: secret, kind: .token),
            !Set(found.scopes).isDisjoint(with: [Scope.proxy.rawValue, Scope.admin.rawValue])
        else { return .unknown }
        if let end = found.expiresAt, end <= now { return .expired(at: end) }
        try await self.credentials.noteUse(of: found.id, at: now)
        let key = ClientKey(
            id: found.id, models: found.models.map { Set($0) }, tokensPerDay: found.tokensPerDay.map { Int($0) })
        return .valid(key, until: found.expiresAt)
    }
}
