internal import CCrypto

/// A public key that checks signatures over SHA-256, by its numbers as JSON Web Keys have them (RFC 7518 §6), big-endian.
package enum PublicKey: Sendable, Hashable {
    /// RSASSA-PKCS1-v1_5, as `RS256`.
    case rsa(modulus: [UInt8], exponent: [UInt8])
    /// ECDSA on P-256, as `ES256`; the signature is r and s, of 32 bytes each (RFC 7518 §3.4).
    case p256(x: [UInt8], y: [UInt8])
    /// Either of them as `SubjectPublicKeyInfo`; ECDSA signatures are then as OpenSSL writes them.
    case encoded([UInt8])

    /// A "PUBLIC KEY" (RFC 7468 §13).
    package init?(pem: String) {
        let lines = pem.split(whereSeparator: \.isNewline)
        guard lines.first == "-----BEGIN PUBLIC KEY-----", lines.last == "-----END PUBLIC KEY-----",
            let bytes = decodeBase64(lines.dropFirst().dropLast().joined())
        else { return nil }
        self = .encoded(bytes)
    }

    /// Whether the key's owner has signed `bytes`. False for a key that makes no sense, or an RSA key shorter than 2,048
    /// bits.
    package func accepts(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        // OpenSSL's errors stay in the thread's queue, where a later call would find them.
        defer { ERR_clear_error() }
        guard let encoded = self.encoded, let signature = self.encoding(of: signature) else { return false }
        let key = unsafe encoded.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe d2i_PUBKEY(nil, &start, buffer.count)
        }
        guard let key = unsafe key else { return false }
        defer { unsafe EVP_PKEY_free(key) }
        // NID_rsaEncryption
        let isRSA = unsafe EVP_PKEY_get_base_id(key) == 6
        guard unsafe EVP_PKEY_get_bits(key) >= (isRSA ? 2_048 : 256) else { return false }
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        return unsafe EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, bytes, bytes.count) == 1
    }

    // MARK: DER

    private static let rsaIdentifier: [UInt8] = [
        0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
    ]
    private static let p256Identifier: [UInt8] = [
        0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
        0x03,
        0x01, 0x07,
    ]

    /// As `SubjectPublicKeyInfo` (RFC 5280 §4.1); nil for numbers that no key has.
    var encoded: [UInt8]? {
        let (identifier, key): ([UInt8], [UInt8])
        switch self {
        case .rsa(let modulus, let exponent):
            guard (256...2_048).contains(modulus.count), (1...8).contains(exponent.count) else { return nil }
            identifier = Self.rsaIdentifier
            key = Self.element(0x30, Self.integer(modulus) + Self.integer(exponent))
        case .p256(let x, let y):
            guard x.count == 32, y.count == 32 else { return nil }
            identifier = Self.p256Identifier
            key = [0x04] + x + y
        case .encoded(let bytes): return bytes
        }
        return Self.element(0x30, identifier + Self.element(0x03, [0x00] + key))
    }

    /// The signature as OpenSSL takes it.
    private func encoding(of signature: [UInt8]) -> [UInt8]? {
        guard case .p256 = self else { return signature }
        guard signature.count == 64 else { return nil }
        return Self.element(0x30, Self.integer(Array(signature[..<32])) + Self.integer(Array(signature[32...])))
    }

    private static func integer(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array(bytes.drop { $0 == 0 })
        // A leading one would make the number negative.
        let isPositive = digits.first.map { $0 < 0x80 } ?? false
        return Self.element(0x02, isPositive ? digits : [0x00] + digits)
    }

    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        let length: [UInt8] =
            switch count {
            case ..<0x80: [UInt8(count)]
            case ..<0x100: [0x81, UInt8(count)]
            default: [0x82, UInt8(count >> 8), UInt8(count & 0xFF)]
            }
        return [tag] + length + content
    }
}
