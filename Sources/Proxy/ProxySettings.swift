package import HTTP

/// How the proxy listens, where it forwards to, and what it allows whom.
package struct ProxySettings: Sendable {
    /// A numeric address, or `localhost`.
    package var host: String
    /// 0 picks a free one.
    package var port: UInt16
    /// Nil for the address that comes with the token.
    package var upstream: HTTPURL?
    /// PEM file of the authorities that are trusted for the upstream instead of the system's.
    package var caFile: String?
    /// Whether a client key is required on loopback too; beyond it one always is.
    package var requiresKey = false
    /// Requests a minute for each key; 0 is no limit.
    package var requestsPerMinute = 0
    /// Bytes of the cache for answers that may be kept; 0 is no cache.
    package var cacheBytes = 16 << 20
    package var connectTimeout: Duration = .seconds(10)
    /// How long the upstream may be silent, before its answer and within it. Reasoning models are silent for long.
    package var idleTimeout: Duration = .seconds(120)
    /// How long running answers may go on after the stop.
    package var drain: Duration = .seconds(5)
    /// What the Copilot API wants to know about its client, added where the client says nothing itself.
    package var headers = CopilotRequestHeaders()

    package init(host: String = "127.0.0.1", port: UInt16 = 8080, upstream: HTTPURL? = nil) {
        self.host = host
        self.port = port
        self.upstream = upstream
    }

    /// Where everything goes that comes with a static token, unless an upstream is set.
    package static let standardUpstream = "https://api.individual.githubcopilot.com"

    package var isLoopback: Bool { Authority.isLoopback(self.host) }
}
