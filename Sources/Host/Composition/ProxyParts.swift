internal import Copilot
internal import Gateway
internal import HTTP
internal import HTTPServer
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Proxy
internal import Sessions

/// The proxy and what it asks of the rest.
enum ProxyParts {
    /// Where the gateway has it.
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
        settings.headers.integrationID = configuration.copilot.integrationID
        return settings
    }

    /// `COPILOT_TOKEN`, else the account that is signed in: `account` where the host has one already.
    static func source(
        for configuration: Configuration, in surroundings: Surroundings, account: CopilotAccount? = nil
    ) throws(HostError) -> any CopilotTokenSource {
        guard let text = surroundings.variable("COPILOT_TOKEN") else {
            return account ?? SignInParts.account(for: configuration, surroundings: surroundings)
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw HostError("COPILOT_TOKEN is no token: it holds a space or a character that tokens don't have.")
        }
        let token = Secret(text)
        Redaction.register(token)
        do throws(HTTPURLError) {
            return StaticCopilotToken(token, apiURL: try HTTPURL(ProxySettings.standardUpstream))
        } catch {
            throw HostError("\(error)")
        }
    }

    /// The proxy as a part of the gateway, with what has to run for it.
    struct Mounted {
        let mount: GatewayMount
        let services: [any Service]
    }

    /// The proxy below the gateway's ``mount``; nil where it isn't wanted.
    static func mounted(
        in configuration: Configuration, store: SessionStore, metrics: Metrics, account: CopilotAccount?,
        surroundings: Surroundings = .ofProcess()
    ) throws(HostError) -> Mounted? {
        guard configuration.proxy.isEnabled else { return nil }
        OpenFileLimit.raise()
        let recorder = ProxyUsageRecorder(store: store, metrics: metrics, logger: Logger(label: "proxy"))
        let source = try Self.source(for: configuration, in: surroundings, account: account)
        let proxy = try Self.proxy(
            for: configuration, source: source, prefix: Self.mount, store: store, usage: { recorder.record($0) })
        let own = account == nil ? source as? CopilotAccount : nil
        return Mounted(
            mount: GatewayMount(path: Self.mount, dispatcher: proxy),
            services: (own.map { [$0] } ?? []) + [recorder])
    }

    static func proxy(
        for configuration: Configuration, source: any CopilotTokenSource, prefix: String = "", store: SessionStore?,
        usage: @escaping UsageSink
    ) throws(HostError) -> ReverseProxy {
        let keys = store.map { ProxyKeys(store: $0) }
        return ReverseProxy(
            try Self.settings(configuration), source: source, prefix: prefix, version: Release.version,
            lookup: { secret in try await keys?.key(for: secret) }, usage: usage, logger: Logger(label: "proxy"),
            now: WallClock.now)
    }
}
