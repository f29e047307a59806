internal import CCurl

/// What libcurl reported about a transfer that failed, and what it means. Pure.
struct CurlFailure: Sendable {
    let code: CURLcode
    /// libcurl's own words, more exact than the code's; may be empty.
    let detail: String
    /// OpenSSL's X509_V_… of the server's certificate chain; 0 is no complaint.
    let verification: Int64
    /// Bytes of the request that were sent.
    let bytesSent: Int64
    /// Whether the connection, with TLS, had been made.
    let wasConnected: Bool
    let host: String

    var error: HTTPClientError {
        let code = self.meaning
        return HTTPClientError(
            code, "\(self.host): \(self.words(code))",
            mayHaveReachedServer: self.bytesSent > 0 && self.wasConnected)
    }

    private var meaning: HTTPClientError.Code {
        switch self.code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
        case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: .connect
        case CURLE_OPERATION_TIMEDOUT: self.wasConnected ? .totalTimeout : .connectTimeout
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR: self.certificateMeaning
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER, CURLE_SSL_CRL_BADFILE:
            .badCertificateFile
        case CURLE_SSL_CONNECT_ERROR, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CLIENTCERT: .tls
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SEND_FAIL_REWIND,
            CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_SSL_SHUTDOWN_FAILED:
            .closed
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING: .invalidResponse
        case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: .invalidRequest
        case CURLE_FILESIZE_EXCEEDED: .tooLarge
        default: .local
        }
    }

    /// From OpenSSL's <openssl/x509_vfy.h>. libcurl checks the name itself, with a chain that it has not judged yet (1) or
    /// found good (0), and only its words tell that.
    private var certificateMeaning: HTTPClientError.Code {
        switch self.verification {
        case 0, 1: self.detail.contains("target host name") ? .certificateWrongHost : .certificateUntrusted
        case 62, 64: .certificateWrongHost
        case 9, 11: .certificateNotYetValid
        case 10, 12: .certificateExpired
        default: .certificateUntrusted
        }
    }

    private func words(_ code: HTTPClientError.Code) -> String {
        let reason = self.detail.isEmpty ? unsafe String(cString: curl_easy_strerror(self.code)) : self.detail
        return switch code {
        case .certificateUntrusted: "the server's certificate is not signed by a trusted authority (\(reason))"
        case .certificateExpired: "the server's certificate has expired"
        case .certificateNotYetValid: "the server's certificate is not valid yet; is this machine's clock right?"
        case .certificateWrongHost: "the server's certificate is for another name (\(reason))"
        default: reason
        }
    }
}
