/// Why a connection with TLS failed.
package struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The file of certificate authorities is unreadable or has none.
        case badCertificateFile
        /// The server's certificate is not trusted: one of OpenSSL's `X509_V_ERR_…` codes.
        case certificate(Int)
        /// The connection failed for another reason.
        case failed
    }

    package let code: Code
    /// Why, as a clause.
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    static let memory = TLSError(.failed, "out of memory")
}
