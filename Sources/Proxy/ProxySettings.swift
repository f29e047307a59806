package import HTTP

package struct ProxySettings: Sendable {
    /// A numeric address, or `localhost`.
    package var host: String
    /// 0 picks a free one.
    package var port: UInt16
    /// Nil for the address that comes with the token.
    package var upstream: HTTPURL?
    /// PEM file of the CA certificates to trust for the upstream instead of the system's.
    package var caFile: String?
    /// Whether loopback needs a client key too; other addresses always do.
    package var requiresKey = false
    /// Requests per minute for each key; 0 is unlimited.
    package var requestsPerMinute = 0
    /// The size of the response cache in bytes; 0 disables it.
    package var cacheBytes = 16 << 20
    // Change: how long connecting may take
    package var connectTimeout: Duration = .seconds(10)
    /// How long the upstream may be silent, before or during its answer: reasoning models can pause for long.
    package var idleTimeout: Duration = .seconds(120)
    /// The longest time without a byte in either direction: three attempts (`ForwardedRequest+Sending`), and the wait for
    /// a token in between.
    var patience: Duration { (self.connectTimeout + self.idleTimeout) * 3 + .seconds(120) }
    /// How long running answers may continue after the stop.
    package var drain: Duration = .seconds(5)
    package var headers = CopilotRequestHeaders()
    /// Other names for models.
    package var aliases: [String: String] = [:]
    /// The models that replace one that fails, in this order.
    package var fallbacks: [String: [String]] = [:]

    package init(host: String = "127.0.0.1", port: UInt16 = 8080, upstream: HTTPURL? = nil) {
        self.host = host
        self.port = port
        self.upstream = upstream
    }

    /// The upstream for a static token, unless one is configured.
    package static let standardUpstream = "https://api.individual.githubcopilot.com"

    package var isLoopback: Bool { Authority.isLoopback(self.host) }
}
