package import HTTP

extension Configuration {
    package struct Gateway: Sendable, Equatable {
        /// Port 0 picks a free one.
        package var listen: HostPort
        /// The base of posted links; nil for the address that the gateway listens on.
        package var publicURL: HTTPURL?

        init(_ section: Section) {
            self.listen = section.read("listen", default: HostPort(host: "127.0.0.1", port: 8787)) {
                $0.listenAddress()
            }
            self.publicURL = section.optional("public_url") { $0.url() }
        }
    }
}
