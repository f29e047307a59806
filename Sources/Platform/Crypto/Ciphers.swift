internal import CCrypto

/// AES-256 in counter mode (NIST SP 800-38A §6.5): encrypting and decrypting are the same.
@safe package struct AES256CTR: ~Copyable {
    private let context: OpaquePointer

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - iv: 16 bytes, the first value of the counter.
    package init(key: [UInt8], iv: [UInt8]) {
        precondition(key.count == 32 && iv.count == 16, "AES-256-CTR needs a key of 32 bytes and an IV of 16")
        guard let context = unsafe EVP_CIPHER_CTX_new() else { preconditionFailure("libcrypto is out of memory") }
        let status = unsafe EVP_EncryptInit_ex(context, EVP_aes_256_ctr(), nil, key, iv)
        precondition(status == 1, "libcrypto has no AES-256-CTR")
        unsafe self.context = unsafe context
    }

    deinit { unsafe EVP_CIPHER_CTX_free(self.context) }

    /// The next bytes of a stream.
    package mutating func apply(_ bytes: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: bytes.count + 16)
        var start = 0
        // The library counts in 32 bits.
        while start < bytes.count {
            let count = min(bytes.count - start, 1 << 30)
            var written: Int32 = 0
            let status = unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe bytes.withUnsafeBufferPointer { bytes in
                    unsafe EVP_EncryptUpdate(
                        self.context, output.baseAddress?.advanced(by: start), &written,
                        bytes.baseAddress?.advanced(by: start), Int32(count))
                }
            }
            precondition(status == 1 && Int(written) == count, "libcrypto failed to encrypt")
            start += count
        }
        output.removeLast(16)
        return output
    }
}

/// Encrypts and authenticates with AES-256-GCM (NIST SP 800-38D): a random nonce of 12 bytes, the ciphertext, a tag of 16.
///
/// - Parameter key: 32 bytes.
package func sealAES256GCM(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    precondition(key.count == 32, "AES-256-GCM needs a key of 32 bytes")
    let nonce = randomBytes(12)
    return nonce + sealAESGCM(bytes, key: key, nonce: nonce)
}

/// What ``sealAES256GCM(_:key:)`` sealed; nil for another key or altered bytes.
package func openAES256GCM(_ sealed: [UInt8], key: [UInt8]) -> [UInt8]? {
    guard key.count == 32, sealed.count >= 28 else { return nil }
    return openAESGCM(Array(sealed[12...]), key: key, nonce: Array(sealed[..<12]))
}

/// Encrypts and authenticates with AES-128-GCM or AES-256-GCM: the ciphertext and a tag of 16 bytes.
///
/// - Parameters:
///   - key: 16 or 32 bytes.
///   - nonce: 12 bytes, which must be different for each text under one key.
package func sealAESGCM(_ bytes: [UInt8], key: [UInt8], nonce: [UInt8]) -> [UInt8] {
    precondition([16, 32].contains(key.count) && nonce.count == 12, "AES-GCM needs a key of 16 or 32 bytes")
    guard let context = unsafe EVP_CIPHER_CTX_new() else { preconditionFailure("libcrypto is out of memory") }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    var output = [UInt8](repeating: 0, count: bytes.count + 16)
    var tag = [UInt8](repeating: 0, count: 16)
    var written: Int32 = 0
    var rest: Int32 = 0
    let input = bytes.isEmpty ? [0] : bytes
    let cipher = unsafe key.count == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm()
    let isDone =
        unsafe EVP_EncryptInit_ex(context, cipher, nil, key, nonce) == 1
        && EVP_EncryptUpdate(context, &output, &written, input, Int32(bytes.count)) == 1
        && EVP_EncryptFinal_ex(context, &tag, &rest) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, &tag) == 1
    precondition(isDone && Int(written) == bytes.count, "libcrypto failed to encrypt")
    return output.prefix(bytes.count) + tag
}

/// What ``sealAESGCM(_:key:nonce:)`` sealed; nil for another key or nonce, or altered bytes.
package func openAESGCM(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8]) -> [UInt8]? {
    guard [16, 32].contains(key.count), nonce.count == 12, sealed.count >= 16 else { return nil }
    // OpenSSL's errors stay in the thread's queue, where a later call would find them.
    defer { ERR_clear_error() }
    let body = Array(sealed.dropLast(16))
    var tag = Array(sealed.suffix(16))
    guard let context = unsafe EVP_CIPHER_CTX_new() else { preconditionFailure("libcrypto is out of memory") }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    var output = [UInt8](repeating: 0, count: body.count + 16)
    var written: Int32 = 0
    var rest: Int32 = 0
    let input = body.isEmpty ? [0] : body
    var last = [UInt8](repeating: 0, count: 16)
    let cipher = unsafe key.count == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm()
    let isDone =
        unsafe EVP_DecryptInit_ex(context, cipher, nil, key, nonce) == 1
        && EVP_DecryptUpdate(context, &output, &written, input, Int32(body.count)) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, &tag) == 1
        && EVP_DecryptFinal_ex(context, &last, &rest) == 1
    return isDone ? Array(output.prefix(body.count)) : nil
}

/// HKDF with SHA-256 (RFC 5869).
///
/// - Parameter count: at most 8,160 bytes.
package func hkdfSHA256(_ key: [UInt8], salt: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
    precondition((1...8_160).contains(count), "HKDF gives 1 to 8160 bytes")
    let pseudorandom = hmacSHA256(key, key: salt.isEmpty ? [UInt8](repeating: 0, count: 32) : salt)
    var output: [UInt8] = []
    var block: [UInt8] = []
    var number: UInt8 = 1
    while output.count < count {
        block = hmacSHA256(block + info + [number], key: pseudorandom)
        output += block
        number &+= 1
    }
    return Array(output.prefix(count))
}
