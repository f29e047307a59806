package struct HTTPClientSettings: Sendable, Hashable {
    /// PEM file of certificate authorities; replaces the system's.
    package var caFile: String?
    /// Whether `http://` is allowed to hosts other than loopback.
    package var allowsPlainHTTP = false
    // Change: how long connecting may take
    /// Covers name resolution, connecting and the TLS handshake.
    package var connectTimeout: Duration = .seconds(15)
    /// How long the peer may be idle; `nil` is no limit. Waiting for the body's local reader or writer doesn't count.
    package var idleTimeout: Duration? = .seconds(60)
    /// For a whole exchange including its body; `nil` is no limit.
    package var totalTimeout: Duration?
    /// How many connections may be open at once; further requests wait. `nil` is no limit.
    package var maxConnections: Int?
    /// How many idle connections are kept for later requests.
    package var maxIdleConnections = 64
    /// Whether, once all connections are in use, one is opened ahead of the next request, which then need not wait for
    /// it. For responses that take long. Only for HTTP/1.1 without libcurl, and only to servers that keep connections.
    package var opensAhead = false
    /// Whether requests with TLS, too, are sent over HTTP/1.1 without libcurl. That takes a connection for each request in
    /// progress, where libcurl's HTTP/2 shares one, but about half the processor time.
    package var prefersHTTP1 = false
    /// Sent when a request has no `User-Agent`.
    package var userAgent: String?
    /// The maximum size of a response's head.
    package var maximumHeadBytes = 64 * 1024

    /// Whether libcurl also sends requests that could be sent without it. For tests and comparisons.
    package var usesOnlyLibcurl = false

    package init() {}
}
