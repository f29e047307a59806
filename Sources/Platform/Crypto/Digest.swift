internal import CCrypto

/// The 32-byte SHA-256 digest.
package func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    let status = unsafe EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    // Fails only when out of memory or without SHA-256 in the library; continuing would store a wrong digest.
    precondition(status == 1, "libcrypto failed to compute SHA-256")
    return digest
}

package func sha256(_ text: String) -> [UInt8] { sha256(Array(text.utf8)) }

/// HMAC-SHA-256 (RFC 2104): 32 bytes.
package func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    unsafe hmac(bytes, key: key, EVP_sha256(), length: 32)
}

/// HMAC-SHA-1 (RFC 2104): 20 bytes. Only for peers that require it, such as Synapse's shared-secret registration.
package func hmacSHA1(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    unsafe hmac(bytes, key: key, EVP_sha1(), length: 20)
}

private func hmac(_ bytes: [UInt8], key: [UInt8], _ function: OpaquePointer?, length: Int) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: length)
    // An empty array may have a null address, which makes libcrypto reuse the previous key.
    let anyKey = key.isEmpty ? [0] : key
    let result = unsafe HMAC(function, anyKey, Int32(key.count), bytes, bytes.count, &digest, nil)
    precondition(unsafe result != nil, "libcrypto failed to compute an HMAC")
    return digest
}

/// PBKDF2 with HMAC-SHA-256 (RFC 8018 §5.2): 32 bytes. A million iterations take about half a second, so call it on a
/// thread that may block.
package func pbkdf2SHA256(_ password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
    var key = [UInt8](repeating: 0, count: 32)
    let status = unsafe password.withUnsafeBytes { password in
        unsafe PKCS5_PBKDF2_HMAC(
            password.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(password.count), salt, Int32(salt.count),
            Int32(iterations), EVP_sha256(), 32, &key)
    }
    precondition(status == 1, "libcrypto failed to derive a key")
    return key
}

/// scrypt (RFC 7914) with r = 8 and p = 1: 32 bytes. Takes 1,024 × `cost` bytes of memory, so call it on a thread that may
/// block.
///
/// - Parameter cost: N, a power of two.
/// - Returns: The key; nil if `cost` is no power of two, or there is not enough memory.
package func scrypt(_ password: [UInt8], salt: [UInt8], cost: Int) -> [UInt8]? {
    var key = [UInt8](repeating: 0, count: 32)
    // OpenSSL's errors stay in the thread's queue, where a later call would find them.
    defer { ERR_clear_error() }
    let status = unsafe password.withUnsafeBytes { password in
        unsafe EVP_PBE_scrypt(
            password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt, salt.count, UInt64(cost),
            8,
            1, UInt64(cost) * 1_024 + (1 << 20), &key, key.count)
    }
    return status == 1 ? key : nil
}

/// Whether two values are equal, in a time that depends only on their lengths.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe CRYPTO_memcmp(left, right, left.count) == 0
}

package func constantTimeEqual(_ left: String, _ right: String) -> Bool {
    constantTimeEqual(Array(left.utf8), Array(right.utf8))
}

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

    /// The 32-byte digest of all bytes. Call it once, at the end.
    package func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        precondition(
            unsafe EVP_DigestFinal_ex(self.context, &digest, nil) == 1, "libcrypto failed to compute SHA-256")
        return digest
    }
}
