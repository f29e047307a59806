package import HTTP

/// How the proxy listens and where it forwards to.
package struct ProxySettings: Sendable {
    package var host: String
    package var port: UInt16
    /// Nil for the address that comes with the token.
    package var upstream: HTTPURL?

    package init(host: String = "127.0.0.1", port: UInt16 = 8080, upstream: HTTPURL? = nil) {
        self.host = host
        self.port = port
        self.upstream = upstream
    }
}
