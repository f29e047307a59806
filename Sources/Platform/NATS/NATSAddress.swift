internal import HTTP

/// Where a server is: `nats://HOST:PORT` or, with TLS, `tls://HOST:PORT`. The port is 4222 by default.
struct NATSAddress: Sendable, Equatable {
    let host: String
    let port: Int
    let hasTLS: Bool

    init(_ text: String) throws(NATSError) {
        let parts = text.split(separator: "://", maxSplits: 1)
        guard parts.count == 2, parts[0] == "nats" || parts[0] == "tls",
            let authority = try? Authority(parts[1].hasSuffix("/") ? parts[1].dropLast() : parts[1])
        else {
            // Not quoted: it may contain a password.
            throw NATSError(.invalidSettings, "the address of NATS is not nats://HOST:PORT or tls://HOST:PORT")
        }
        self.host = authority.host
        self.port = authority.port ?? 4_222
        self.hasTLS = parts[0] == "tls"
    }
}
