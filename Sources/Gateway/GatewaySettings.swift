/// How the gateway serves.
package struct GatewaySettings: Sendable {
    /// A numeric address; loopback unless somebody decided otherwise.
    package var address: String
    /// 0 picks a free one.
    package var port: UInt16
    /// The base of links, without a slash at the end; its origin may sign in and change things.
    package var publicURL: String
    /// Requests that one credential may make at once.
    package var requestBurst = 5000
    /// Requests a second that one credential may make for long.
    package var requestsPerSecond = 500
    /// How long a browser stays signed in, in milliseconds.
    package var cookieLifetime: Int64 = 90 * 24 * 3_600_000
    /// The version that the OpenAPI document and `readyz` tell.
    package var version = "0"

    package init(address: String = "127.0.0.1", port: UInt16 = 8787, publicURL: String = "http://127.0.0.1:8787") {
        self.address = address
        self.port = port
        self.publicURL = publicURL
    }

    var isSecure: Bool { self.publicURL.lowercased().hasPrefix("https://") }
}
