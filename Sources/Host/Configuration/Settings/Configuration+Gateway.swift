package import HTTP

extension Configuration {
    package struct Gateway: Sendable, Equatable {
        /// Port 0 picks a free one.
        package var listen: HostPort
        /// The base of posted links; nil for the address that the gateway listens on.
        package var publicURL: HTTPURL?
        /// Whose pages may call the API with a token.
        package var cors: [String]
        /// How people sign in to the web chat besides codes.
        package var signIn: SignIn

        init(_ section: Section) {
            self.listen = section.read("listen", default: HostPort(host: "127.0.0.1", port: 8787)) {
                $0.listenAddress()
            }
            self.publicURL = section.optional("public_url") { $0.url() }
            self.cors = section.list("cors") { $0.url().map(\.origin) } ?? []
            self.signIn = section.section("sign_in") { SignIn($0) }
        }

        /// The base of links as far as it is known before the gateway listens.
        package var url: String { self.publicURL?.base ?? "http://\(self.listen)" }
    }
}

extension HTTPURL {
    /// As the base of links: without a slash at its end.
    package var base: String {
        self.origin + (self.path == "/" ? "" : self.path.hasSuffix("/") ? String(self.path.dropLast()) : self.path)
    }
}
