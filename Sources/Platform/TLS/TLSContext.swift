internal import CTLS

/// What connections with TLS have in common: TLS 1.2 or later, and the certificates that they trust.
@safe package final class TLSContext {
    package enum Trust: Sendable, Hashable {
        case system
        /// A PEM file of authorities, in place of the system's.
        case only(file: String)
        /// A PEM file of authorities, in addition to the system's.
        case also(file: String)
    }

    let pointer: OpaquePointer

    /// - Parameter protocolName: Offered to the server by ALPN (RFC 7301), such as `http/1.1`; nil for none.
    package init(trusting trust: Trust, protocolName: String? = nil) throws(TLSError) {
        ERR_clear_error()
        guard let pointer = unsafe SSL_CTX_new(TLS_client_method()) else { throw .memory }
        unsafe self.pointer = pointer
        _ = unsafe ctls_require_tls12(pointer)
        // Otherwise each idle connection keeps 34 KB.
        _ = unsafe ctls_release_buffers(pointer)
        let file: String?
        switch trust {
        case .system: file = nil
        case .only(let path), .also(let path): file = path
        }
        if case .only = trust {} else { _ = unsafe SSL_CTX_set_default_verify_paths(pointer) }
        if let file, unsafe SSL_CTX_load_verify_locations(pointer, file, nil) != 1 {
            throw TLSError(.badCertificateFile, "the file of certificate authorities cannot be read: \(file)")
        }
        if let protocolName {
            let name = Array(protocolName.utf8)
            _ = unsafe SSL_CTX_set_alpn_protos(pointer, [UInt8(name.count)] + name, UInt32(name.count + 1))
        }
    }

    deinit { unsafe SSL_CTX_free(self.pointer) }
}
