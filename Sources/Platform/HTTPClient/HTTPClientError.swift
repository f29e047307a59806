/// Why an exchange with a server, or a raw connection, failed.
package struct HTTPClientError: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        package let description: String

        /// The request can't be sent as it is: a line break in a header, a wrong method or target.
        package static let invalidRequest = Code(description: "invalidRequest")
        /// `http://` to a host that isn't loopback, and the settings don't allow it.
        package static let plainHTTPRefused = Code(description: "plainHTTPRefused")
        /// The host's name has no address.
        package static let resolve = Code(description: "resolve")
        /// No connection: refused, unreachable.
        package static let connect = Code(description: "connect")
        /// The connection, with TLS, didn't come about in time.
        package static let connectTimeout = Code(description: "connectTimeout")
        /// Nothing moved for too long, while this side waited for the peer.
        package static let idleTimeout = Code(description: "idleTimeout")
        package static let totalTimeout = Code(description: "totalTimeout")
        /// TLS failed for a reason other than the server's certificate.
        package static let tls = Code(description: "tls")
        /// No trusted authority signed the server's certificate.
        package static let certificateUntrusted = Code(description: "certificateUntrusted")
        package static let certificateExpired = Code(description: "certificateExpired")
        package static let certificateNotYetValid = Code(description: "certificateNotYetValid")
        /// The certificate is for other names.
        package static let certificateWrongHost = Code(description: "certificateWrongHost")
        /// The own certificate, key or CA file can't be read or used.
        package static let badCertificateFile = Code(description: "badCertificateFile")
        /// The peer closed or reset the connection before the end.
        package static let closed = Code(description: "closed")
        /// What came was no valid HTTP.
        package static let invalidResponse = Code(description: "invalidResponse")
        /// The head or the body is larger than allowed.
        package static let tooLarge = Code(description: "tooLarge")
        /// Something in this process: no memory, the transfer library refused.
        package static let local = Code(description: "local")

        /// Whether the server's identity could not be proved.
        package var isCertificate: Bool {
            [
                .certificateUntrusted, .certificateExpired, .certificateNotYetValid, .certificateWrongHost,
            ].contains(self)
        }

        /// Whether it took too long.
        package var isTimeout: Bool { [.connectTimeout, .idleTimeout, .totalTimeout].contains(self) }
    }

    package let code: Code
    /// What failed with whom, and why; never holds the path or query, which may carry a secret.
    package let message: String
    /// Whether the server may have seen (part of) the request. When not, sending it again is safe for any method.
    package let mayHaveReachedServer: Bool

    package init(_ code: Code, _ message: String, mayHaveReachedServer: Bool = false) {
        self.code = code
        self.message = message
        self.mayHaveReachedServer = mayHaveReachedServer
    }

    package var description: String { self.message }
}
