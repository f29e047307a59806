internal import TLS

/// Why an HTTP exchange or a raw connection failed.
package struct HTTPClientError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The request can't be sent: a line break in a header, an invalid method or target.
        case invalidRequest
        /// `http://` to a host that isn't loopback, and the settings don't allow it.
        case plainHTTPRefused
        /// The host name can't be resolved.
        case resolve
        /// The client may not connect to the host's address.
        case addressRefused
        /// The connection was refused or the host is unreachable.
        case connect
        /// Connecting, including TLS, took too long.
        case connectTimeout
        /// The peer was idle for too long.
        case idleTimeout
        case totalTimeout
        /// TLS failed for a reason other than the server's certificate.
        case tls
        /// No trusted authority signed the server's certificate.
        case certificateUntrusted
        case certificateExpired
        case certificateNotYetValid
        /// The certificate is for a different name.
        case certificateWrongHost
        /// The configured certificate, key or CA file is unreadable or invalid.
        case badCertificateFile
        /// The peer closed or reset the connection prematurely.
        case closed
        /// The response was not valid HTTP.
        case invalidResponse
        /// The head or the body is larger than allowed.
        case tooLarge
        /// A failure in this process: out of memory, or refused by libcurl.
        case local

        /// Whether the server's identity could not be verified.
        package var isCertificate: Bool {
            [
                .certificateUntrusted, .certificateExpired, .certificateNotYetValid, .certificateWrongHost,
            ].contains(self)
        }

        /// - Parameter verification: OpenSSL's `X509_V_ERR_…` code (<openssl/x509_vfy.h>).
        static func certificate(_ verification: Int) -> Code {
            switch verification {
            case 62, 64: .certificateWrongHost
            case 9, 11: .certificateNotYetValid
            case 10, 12: .certificateExpired
            default: .certificateUntrusted
            }
        }

        /// What is wrong with the server's certificate; nil for other errors.
        func certificateText(_ reason: String) -> String? {
            switch self {
            case .certificateUntrusted: "the server's certificate is not signed by a trusted authority (\(reason))"
            case .certificateExpired: "the server's certificate has expired"
            case .certificateNotYetValid: "the server's certificate is not valid yet; is this machine's clock right?"
            case .certificateWrongHost: "the server's certificate is for another name (\(reason))"
            default: nil
            }
        }

        package var isTimeout: Bool { [.connectTimeout, .idleTimeout, .totalTimeout].contains(self) }
    }

    package let code: Code
    /// The peer, what failed and why; never contains the path or query, which may hold a secret.
    package let message: String
    /// Whether the server may have seen part of the request. If not, a retry is safe for any method.
    package let mayHaveReachedServer: Bool

    package init(_ code: Code, _ message: String, mayHaveReachedServer: Bool = false) {
        self.code = code
        self.message = message
        self.mayHaveReachedServer = mayHaveReachedServer
    }

    /// TLS failed before the request was sent.
    init(_ error: TLSError, host: String) {
        let code: Code =
            switch error.code {
            case .badCertificateFile: .badCertificateFile
            case .certificate(let verification): .certificate(verification)
            case .failed: .tls
            }
        self.init(code, "\(host): \(code.certificateText(error.description) ?? error.description)")
    }

    static func invalidResponse(_ host: String, _ reason: String) -> HTTPClientError {
        HTTPClientError(.invalidResponse, "\(host): the response is invalid: \(reason)", mayHaveReachedServer: true)
    }

    package var description: String { self.message }
}
