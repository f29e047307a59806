internal import CCrypto

/// SHA-256 of bytes that arrive in pieces.
@safe package struct SHA256: ~Copyable {
    private let context: OpaquePointer

    package init() {
        // Fails only when out of memory or without SHA-256 in the library; continuing would give a wrong digest.
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("no memory for SHA-256") }
        unsafe self.context = unsafe context
        precondition(unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto failed to start SHA-256")
    }

    deinit {
        unsafe EVP_MD_CTX_free(self.context)
    }

    package func update(_ bytes: [UInt8]) {
        precondition(
            unsafe EVP_DigestUpdate(self.context, bytes, bytes.count) == 1, "libcrypto failed to compute SHA-256")
    }

    /// The 32-byte digest of everything so far. Call it once, as the last.
    package func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        precondition(
            unsafe EVP_DigestFinal_ex(self.context, &digest, nil) == 1, "libcrypto failed to compute SHA-256")
        return digest
    }
}
