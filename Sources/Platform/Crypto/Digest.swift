internal import CCrypto

/// SHA-256 of the bytes: 32 bytes.
package func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    let status = unsafe EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    // It fails only without memory or with a library that lacks SHA-256; going on would store a wrong digest.
    precondition(status == 1, "libcrypto computes no SHA-256")
    return digest
}

package func sha256(_ text: String) -> [UInt8] { sha256(Array(text.utf8)) }

/// HMAC-SHA-256 (RFC 2104): 32 bytes.
package func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    unsafe hmac(bytes, key: key, EVP_sha256(), length: 32)
}

/// HMAC-SHA-1 (RFC 2104): 20 bytes. For peers that ask for it (Synapse's registration by shared secret), and nothing new.
package func hmacSHA1(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    unsafe hmac(bytes, key: key, EVP_sha1(), length: 20)
}

private func hmac(_ bytes: [UInt8], key: [UInt8], _ function: OpaquePointer?, length: Int) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: length)
    // An empty array may have no address, which libcrypto would take for "the key of before".
    let anyKey = key.isEmpty ? [0] : key
    let result = unsafe HMAC(function, anyKey, Int32(key.count), bytes, bytes.count, &digest, nil)
    precondition(unsafe result != nil, "libcrypto computes no HMAC")
    return digest
}

/// Whether two values are the same, in a time that depends on their lengths only.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe CRYPTO_memcmp(left, right, left.count) == 0
}

package func constantTimeEqual(_ left: String, _ right: String) -> Bool {
    constantTimeEqual(Array(left.utf8), Array(right.utf8))
}
