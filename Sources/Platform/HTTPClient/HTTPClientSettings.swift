/// What holds for all requests of a client.
package struct HTTPClientSettings: Sendable, Hashable {
    /// PEM file of the authorities that are trusted instead of the system's.
    package var caFile: String?
    /// Whether `http://` may go to hosts that aren't loopback.
    package var allowsPlainHTTP = false
    /// For the name, the connection and TLS together.
    package var connectTimeout: Duration = .seconds(15)
    /// How long nothing may move while the peer is to act; `nil` is for ever. A slow consumer or producer of a body here
    /// doesn't count.
    package var idleTimeout: Duration? = .seconds(60)
    /// For a whole exchange with its body; `nil`, the default, is for ever.
    package var totalTimeout: Duration?
    /// How many connections may be open at once; more requests wait for one. `nil` is no limit.
    package var maxConnections: Int?
    /// How many unused connections are kept for later requests.
    package var maxIdleConnections = 64
    /// Sent when a request has no `User-Agent`.
    package var userAgent: String?
    /// The most bytes of a response's head.
    package var maximumHeadBytes = 64 * 1024

    package init() {}
}
