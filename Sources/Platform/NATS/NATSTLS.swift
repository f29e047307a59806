internal import CTLS
internal import EventLoop

/// TLS between bytes that others read and write. A NATS server begins in clear text, so libcurl's TLS cannot be used.
///
/// Not sendable: it belongs to one ``NATSLink``.
@safe final class NATSTLS {
    private let ssl: OpaquePointer
    /// From the network and to it. They belong to `ssl`.
    private let input: OpaquePointer
    private let output: OpaquePointer
    /// The peer has ended its side.
    private(set) var hasEnded = false

    /// - Parameter caFile: Trusted in addition to the system's certificates.
    init(host: String, caFile: String?) throws(NATSError) {
        ERR_clear_error()
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { throw Self.error("out of memory") }
        defer { unsafe SSL_CTX_free(context) }  // the connection keeps it
        _ = unsafe ctls_require_tls12(context)
        _ = unsafe SSL_CTX_set_default_verify_paths(context)
        if let caFile, unsafe SSL_CTX_load_verify_locations(context, caFile, nil) != 1 {
            throw NATSError(.invalidSettings, "the CA file for NATS cannot be read: \(caFile)")
        }
        guard let ssl = unsafe SSL_new(context), let input = unsafe BIO_new(BIO_s_mem()),
            let output = unsafe BIO_new(BIO_s_mem())
        else { throw Self.error("out of memory") }
        unsafe self.ssl = ssl
        unsafe self.input = input
        unsafe self.output = output
        unsafe SSL_set_bio(ssl, input, output)
        unsafe SSL_set_connect_state(ssl)
        unsafe SSL_set_verify(ssl, SSL_VERIFY_PEER, nil)
        // An address is compared with the certificate's addresses, and is not sent as a name.
        guard unsafe SSL_set1_host(ssl, host) == 1 else { throw Self.error("out of memory") }
        if SocketAddress(host: host, port: 0) == nil { _ = unsafe ctls_set_server_name(ssl, host) }
    }

    deinit { unsafe SSL_free(self.ssl) }

    /// Goes on with the handshake. Returns whether it is done.
    func shakeHands() throws(NATSError) -> Bool {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(self.ssl)
        if result == 1 { return true }
        guard self.isWaiting(result) else { throw self.failure() }
        return false
    }

    /// Takes bytes from the network.
    func receive(_ bytes: [UInt8]) { _ = unsafe BIO_write(self.input, bytes, Int32(bytes.count)) }

    /// The clear text of what was received.
    func open() throws(NATSError) -> [UInt8] {
        ERR_clear_error()
        var clear: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = unsafe SSL_read(self.ssl, &buffer, Int32(buffer.count))
            if count > 0 {
                clear += buffer[..<Int(count)]
                continue
            }
            if unsafe SSL_get_error(self.ssl, count) == SSL_ERROR_ZERO_RETURN {
                self.hasEnded = true
            } else if !self.isWaiting(count) {
                throw self.failure()
            }
            return clear
        }
    }

    /// Encrypts; ``takeOutput()`` has the result.
    func seal(_ clear: [UInt8]) throws(NATSError) {
        guard !clear.isEmpty else { return }
        ERR_clear_error()
        guard unsafe SSL_write(self.ssl, clear, Int32(clear.count)) == Int32(clear.count) else {
            throw self.failure()
        }
    }

    /// What is to be sent to the network.
    func takeOutput() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: unsafe BIO_ctrl_pending(self.output))
        guard !bytes.isEmpty else { return [] }
        let count = unsafe BIO_read(self.output, &bytes, Int32(bytes.count))
        return Array(bytes.prefix(max(0, Int(count))))
    }

    private func isWaiting(_ result: Int32) -> Bool {
        let error = unsafe SSL_get_error(self.ssl, result)
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE
    }

    private func failure() -> NATSError {
        let verified = unsafe SSL_get_verify_result(self.ssl)
        if verified != Int(X509_V_OK) {
            let reason = unsafe String(cString: X509_verify_cert_error_string(verified))
            return Self.error("the certificate is not trusted: \(reason)")
        }
        let reason = unsafe ERR_reason_error_string(ERR_get_error()).map { unsafe String(cString: $0) }
        return Self.error(reason ?? "the connection broke")
    }

    private static func error(_ reason: String) -> NATSError { NATSError(.disconnected, "TLS with NATS: \(reason)") }
}
