internal import CCrypto
package import Primitives

/// Why a private key cannot be used. The text never quotes it.
package struct PrivateKeyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, as a clause.
    package let description: String
}

/// Signs with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 8017 §8.2), as `RS256` of JWT. A signature takes about a millisecond.
///
/// - Parameter privateKey: PEM, PKCS #1 (`BEGIN RSA PRIVATE KEY`) or PKCS #8 (`BEGIN PRIVATE KEY`), without a
///   passphrase.
package func signRSASHA256(_ bytes: [UInt8], privateKey: Secret) throws(PrivateKeyError) -> [UInt8] {
    // OpenSSL's errors stay in the thread's queue, where a later call would find them.
    defer { ERR_clear_error() }
    guard let input = unsafe BIO_new(BIO_s_mem()) else { throw PrivateKeyError(description: "out of memory") }
    defer { unsafe BIO_free(input) }
    let pem = Array(privateKey.reveal().utf8)
    guard pem.count <= 64 << 10, unsafe BIO_write(input, pem, Int32(pem.count)) == Int32(pem.count) else {
        throw PrivateKeyError(description: "it is empty or too long")
    }
    // Without the closure, OpenSSL would ask for a passphrase on the terminal.
    guard let key = unsafe PEM_read_bio_PrivateKey(input, nil, { _, _, _, _ in -1 }, nil) else {
        throw PrivateKeyError(
            description:
                "it is not a private key in PEM (BEGIN RSA PRIVATE KEY or BEGIN PRIVATE KEY) without a passphrase")
    }
    defer { unsafe EVP_PKEY_free(key) }
    guard unsafe EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA else {
        throw PrivateKeyError(description: "it is not an RSA key")
    }
    guard unsafe EVP_PKEY_get_bits(key) >= 2_048 else {
        throw PrivateKeyError(description: "it is shorter than 2,048 bits")
    }
    guard let context = unsafe EVP_MD_CTX_new() else { throw PrivateKeyError(description: "out of memory") }
    defer { unsafe EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: Int(unsafe EVP_PKEY_get_size(key)))
    var length = signature.count
    guard unsafe EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
        unsafe EVP_DigestSign(context, &signature, &length, bytes, bytes.count) == 1
    else { throw PrivateKeyError(description: "OpenSSL cannot sign with it") }
    return Array(signature.prefix(length))
}
