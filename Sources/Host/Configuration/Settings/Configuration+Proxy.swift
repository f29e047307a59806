package import HTTP

extension Configuration {
    /// `jetbridge proxy`, and the proxy below the gateway's `/proxy`.
    package struct Proxy: Sendable, Equatable {
        /// Whether `serve` mounts it below `/proxy`.
        package var isEnabled: Bool
        /// Where `jetbridge proxy` listens.
        package var listen: HostPort
        /// Nil for the account's API address.
        package var upstream: HTTPURL?
        /// CA certificates to trust instead of the system's.
        package var caFile: String?
        /// Whether loopback needs a key too; other addresses always do.
        package var requiresKey: Bool
        /// For each key; 0 is unlimited.
        package var requestsPerMinute: Int
        /// In bytes; 0 disables the cache.
        package var cache: Int
        /// How long the upstream may be silent.
        package var timeout: Duration

        init(_ section: Section) {
            self.isEnabled = section.read("enabled", default: false) { $0.bool() }
            self.listen = section.read("listen", default: HostPort(host: "127.0.0.1", port: 8080)) { $0.address() }
            self.upstream = section.optional("upstream") { $0.upstreamURL() }
            self.caFile = section.optional("ca_file") { $0.readableFile() }
            self.requiresKey = section.read("require_key", default: false) { $0.bool() }
            self.requestsPerMinute = section.read("requests_per_minute", default: 0) { $0.integer(in: 0...1_000_000) }
            self.cache = section.read("cache", default: 16 << 20) { $0.size(atLeast: 0) }
            self.timeout = section.read("timeout", default: .seconds(120)) { $0.duration(from: .milliseconds(100)) }
        }
    }
}

extension Value {
    /// Every request carries the token, so plain HTTP is allowed only to this machine.
    func upstreamURL() -> HTTPURL? {
        guard let url = self.url() else { return nil }
        guard url.isSecure || url.isLoopback else {
            return self.error("plain HTTP would send the token unencrypted; use https://")
        }
        return url
    }
}
