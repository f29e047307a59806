internal import CCrypto

/// A private key for Ed25519 signatures (RFC 8032).
@safe package struct Ed25519Key: ~Copyable {
    private let key: OpaquePointer

    /// - Parameter seed: The private key, 32 bytes. Nil if OpenSSL cannot use it.
    package init?(seed: [UInt8]) {
        guard let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else { return nil }
        unsafe self.key = key
    }

    deinit { unsafe EVP_PKEY_free(self.key) }

    /// 32 bytes; nil if OpenSSL cannot compute it.
    package var publicKey: [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        return unsafe EVP_PKEY_get_raw_public_key(self.key, &bytes, &count) == 1 ? bytes : nil
    }

    /// 64 bytes; nil if OpenSSL cannot sign.
    package func signature(of bytes: [UInt8]) -> [UInt8]? {
        guard let context = unsafe EVP_MD_CTX_new() else { return nil }
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        guard unsafe EVP_DigestSignInit(context, nil, nil, nil, self.key) == 1,
            unsafe EVP_DigestSign(context, &signature, &count, bytes, bytes.count) == 1
        else { return nil }
        return signature
    }
}
