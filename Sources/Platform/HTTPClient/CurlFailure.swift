internal import CCurl

/// Translates libcurl's report about a failed transfer. Pure.
struct CurlFailure: Sendable {
    let code: CURLcode
    /// libcurl's message, more specific than the code's; may be empty.
    let detail: String
    /// OpenSSL's X509_V_… result for the server's certificate chain; 0 means no error.
    let verification: Int64
    /// Bytes of the request.
    let bytesSent: Int64
    /// Whether the connection, including TLS, was established.
    let wasConnected: Bool
    let host: String

    var error: HTTPClientError {
        let code = self.meaning
        return HTTPClientError(
            code, "\(self.host): \(self.text(code))",
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

    /// libcurl checks the name itself, when the chain is unverified (1) or valid (0); only its message reveals a mismatch.
    private var certificateMeaning: HTTPClientError.Code {
        switch self.verification {
        case 0, 1: self.detail.contains("target host name") ? .certificateWrongHost : .certificateUntrusted
        default: .certificate(Int(self.verification))
        }
    }

    private func text(_ code: HTTPClientError.Code) -> String {
        let reason = self.detail.isEmpty ? unsafe String(cString: curl_easy_strerror(self.code)) : self.detail
        return code.certificateText(reason) ?? reason
    }
}
