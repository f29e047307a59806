internal import EventLoop
internal import HTTP

/// A server of ``HTTP1Pool``. Pure.
struct HTTP1Server {
    /// How many servers a client remembers.
    static let mostKnown = 64

    /// The host, and the port if the URL has one.
    let name: String
    let host: String
    let port: UInt16
    /// Those that need no resolution; empty for a name, other than `localhost`.
    let addresses: [SocketAddress]
    let isAddress: Bool

    init?(_ name: String, isSecure: Bool) {
        guard let url = try? HTTPURL("\(isSecure ? "https" : "http")://\(name)/"),
            let port = UInt16(exactly: url.effectivePort)
        else { return nil }
        self.name = name
        self.host = url.host
        self.port = port
        // Never resolved by DNS (RFC 6761 §6.3).
        let isLocalhost = url.host == "localhost"
        self.addresses = (isLocalhost ? ["::1", "127.0.0.1"] : [url.host])
            .compactMap { SocketAddress(host: $0, port: port) }
        self.isAddress = !isLocalhost && !self.addresses.isEmpty
    }
}
