internal import CTLS

/// The client's side of TLS between bytes that others read from and write to the network. The server is always verified.
///
/// Not sendable: it belongs to one connection.
@safe package final class TLSSession {
    private let ssl: OpaquePointer
    /// From the network and to it. They belong to `ssl`.
    private let input: OpaquePointer
    private let output: OpaquePointer
    /// The server has announced the end of what it sends.
    package private(set) var hasEnded = false

    /// - Parameters:
    ///   - host: The name or address that the server's certificate must have.
    ///   - isAddress: Whether `host` is an address, which is not sent to the server (RFC 6066 §3).
    ///   - ticket: Of an earlier session with the same server, which makes the handshake cheaper.
    package init(
        _ context: TLSContext, host: String, isAddress: Bool, resuming ticket: TLSTicket? = nil
    ) throws(TLSError) {
        ERR_clear_error()
        guard let ssl = unsafe SSL_new(context.pointer), let input = unsafe BIO_new(BIO_s_mem()),
            let output = unsafe BIO_new(BIO_s_mem())
        else { throw .memory }
        unsafe self.ssl = ssl
        unsafe self.input = input
        unsafe self.output = output
        unsafe SSL_set_bio(ssl, input, output)
        unsafe SSL_set_connect_state(ssl)
        unsafe SSL_set_verify(ssl, SSL_VERIFY_PEER, nil)
        guard unsafe SSL_set1_host(ssl, host) == 1 else { throw .memory }
        if !isAddress { _ = unsafe ctls_set_server_name(ssl, host) }
        if let ticket, unsafe SSL_SESSION_is_resumable(ticket.pointer) == 1 {
            _ = unsafe SSL_set_session(ssl, ticket.pointer)
        }
    }

    deinit { unsafe SSL_free(self.ssl) }

    /// Continues the handshake. Returns whether it is complete.
    package func shakeHands() throws(TLSError) -> Bool {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(self.ssl)
        if result == 1 { return true }
        guard self.isWaiting(result) else { throw self.failure() }
        return false
    }

    /// Takes bytes from the network; ``open(into:)`` returns what they say.
    package func receive(_ bytes: UnsafeRawBufferPointer) {
        _ = unsafe BIO_write(self.input, bytes.baseAddress, Int32(bytes.count))
    }

    /// Writes clear text into `buffer` until there is no more, or no room. Returns the number of bytes.
    package func open(into buffer: UnsafeMutableRawBufferPointer) throws(TLSError) -> Int {
        ERR_clear_error()
        var filled = 0
        while filled < buffer.count, !self.hasEnded, self.hasInput {
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = unsafe SSL_read(self.ssl, room.baseAddress, Int32(room.count))
            if count > 0 {
                filled += Int(count)
            } else if unsafe SSL_get_error(self.ssl, count) == SSL_ERROR_ZERO_RETURN {
                self.hasEnded = true
            } else if self.isWaiting(count) {
                break
            } else {
                throw self.failure()
            }
        }
        return filled
    }

    /// Bytes from the network, or clear text of a record that is partly read.
    private var hasInput: Bool {
        unsafe BIO_ctrl_pending(self.input) > 0 || SSL_pending(self.ssl) > 0
    }

    /// Encrypts; ``takeOutput()`` returns the result.
    package func seal(_ clear: ArraySlice<UInt8>) throws(TLSError) {
        guard !clear.isEmpty else { return }
        ERR_clear_error()
        let count = unsafe clear.withUnsafeBytes { unsafe SSL_write(self.ssl, $0.baseAddress, Int32($0.count)) }
        guard count == Int32(clear.count) else { throw self.failure() }
    }

    /// What has to be sent to the network.
    package func takeOutput() -> [UInt8] {
        let count = unsafe BIO_ctrl_pending(self.output)
        guard count > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            unsafe filled = max(0, Int(BIO_read(self.output, buffer.baseAddress, Int32(count))))
        }
    }

    /// Announces that nothing more will be sent; ``takeOutput()`` returns the notice.
    package func end() { _ = unsafe SSL_shutdown(self.ssl) }

    /// What lets a later session with the same server begin faster; nil if the server has not offered it.
    package var ticket: TLSTicket? {
        guard let session = unsafe SSL_get1_session(self.ssl) else { return nil }
        let ticket = unsafe TLSTicket(owning: session)
        let isResumable = unsafe SSL_SESSION_is_resumable(session) == 1
        return isResumable ? ticket : nil
    }

    private func isWaiting(_ result: Int32) -> Bool {
        let error = unsafe SSL_get_error(self.ssl, result)
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE
    }

    private func failure() -> TLSError {
        let verified = unsafe SSL_get_verify_result(self.ssl)
        if verified != Int(X509_V_OK) {
            return TLSError(
                .certificate(verified), unsafe String(cString: X509_verify_cert_error_string(verified)))
        }
        let reason = unsafe ERR_reason_error_string(ERR_get_error()).map { unsafe String(cString: $0) }
        return TLSError(.failed, reason ?? "the connection broke")
    }
}

/// A session of TLS that can be resumed.
@safe package final class TLSTicket {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe SSL_SESSION_free(self.pointer) }
}
