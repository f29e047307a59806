internal import CCrypto

/// A key pair on P-256 (FIPS 186-5): signs as `ES256` (RFC 7518 §3.4), and agrees on secrets (ECDH).
package struct P256Key: Sendable {
    /// 32 bytes, big-endian. Whoever has it is the key's owner.
    package let privateNumber: [UInt8]
    /// Uncompressed (SEC 1 §2.3.3): 0x04, x and y, 65 bytes.
    package let publicPoint: [UInt8]

    /// The order of the curve's group, which every private number is below.
    private static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6,
        0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]
    private static let curve: [UInt8] = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]

    /// A new one.
    package static func random() -> P256Key {
        while true { if let key = P256Key(privateNumber: randomBytes(32)) { return key } }
    }

    /// Nil for a number that no key has.
    package init?(privateNumber: [UInt8]) {
        guard privateNumber.count == 32, privateNumber.contains(where: { $0 != 0 }),
            privateNumber.lexicographicallyPrecedes(Self.order)
        else { return nil }
        self.privateNumber = privateNumber
        let point = unsafe Self.with(privateNumber) { key -> [UInt8] in
            var length = unsafe i2d_PUBKEY(key, nil)
            guard length > 65 else { return [] }
            var encoded = [UInt8](repeating: 0, count: Int(length))
            length = unsafe encoded.withUnsafeMutableBufferPointer { buffer in
                var start = buffer.baseAddress
                return unsafe i2d_PUBKEY(key, &start)
            }
            // The point is the last part.
            return Array(encoded.prefix(Int(length)).suffix(65))
        }
        guard let point, point.count == 65, point[0] == 0x04 else { return nil }
        self.publicPoint = point
    }

    /// Signs SHA-256 of `bytes`: r and s, of 32 bytes each.
    package func signature(of bytes: [UInt8]) -> [UInt8] {
        let signature = unsafe Self.with(self.privateNumber) { key -> [UInt8]? in
            guard let context = unsafe EVP_MD_CTX_new() else { return nil }
            defer { unsafe EVP_MD_CTX_free(context) }
            var signature = [UInt8](repeating: 0, count: Int(unsafe EVP_PKEY_get_size(key)))
            var length = signature.count
            guard unsafe EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
                unsafe EVP_DigestSign(context, &signature, &length, bytes, bytes.count) == 1
            else { return nil }
            return Self.numbers(of: Array(signature.prefix(length)))
        }
        guard let signature, let signature else { preconditionFailure("libcrypto failed to sign with ES256") }
        return signature
    }

    /// The secret that this key has in common with another one (SEC 1 §3.3.1): 32 bytes. Nil for bytes that are no point.
    ///
    /// - Parameter point: The other's public point, uncompressed.
    package func agreement(with point: [UInt8]) -> [UInt8]? {
        guard point.count == 65, point[0] == 0x04,
            let encoded = PublicKey.p256(x: Array(point[1..<33]), y: Array(point[33...])).encoded
        else { return nil }
        let secret = unsafe Self.with(self.privateNumber) { key -> [UInt8]? in
            let peer = unsafe encoded.withUnsafeBufferPointer { buffer in
                var start = buffer.baseAddress
                return unsafe d2i_PUBKEY(nil, &start, buffer.count)
            }
            guard let peer = unsafe peer else { return nil }
            defer { unsafe EVP_PKEY_free(peer) }
            guard let context = unsafe EVP_PKEY_CTX_new(key, nil) else { return nil }
            defer { unsafe EVP_PKEY_CTX_free(context) }
            var secret = [UInt8](repeating: 0, count: 32)
            var length = secret.count
            guard unsafe EVP_PKEY_derive_init(context) == 1, unsafe EVP_PKEY_derive_set_peer(context, peer) == 1,
                unsafe EVP_PKEY_derive(context, &secret, &length) == 1, length == 32
            else { return nil }
            return secret
        }
        return secret ?? nil
    }

    /// Calls `body` with the key as OpenSSL has it; nil if it takes none of these bytes.
    private static func with<Value>(_ number: [UInt8], _ body: (OpaquePointer) -> Value) -> Value? {
        // OpenSSL's errors stay in the thread's queue, where a later call would find them.
        defer { ERR_clear_error() }
        // ECPrivateKey (RFC 5915 §3), to which OpenSSL adds the public point.
        let encoded = PublicKey.element(
            0x30, [0x02, 0x01, 0x01] + PublicKey.element(0x04, number) + PublicKey.element(0xA0, Self.curve))
        let key = unsafe encoded.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe d2i_AutoPrivateKey(nil, &start, buffer.count)
        }
        guard let key = unsafe key else { return nil }
        defer { unsafe EVP_PKEY_free(key) }
        return unsafe body(key)
    }

    /// r and s of a signature as OpenSSL writes it, a sequence of two numbers.
    private static func numbers(of signature: [UInt8]) -> [UInt8]? {
        var rest = signature.dropFirst(2)
        var numbers: [UInt8] = []
        for _ in 0..<2 {
            guard rest.count > 2, rest.removeFirst() == 0x02 else { return nil }
            let count = Int(rest.removeFirst())
            guard rest.count >= count else { return nil }
            let digits = Array(rest.prefix(count).drop { $0 == 0 })
            guard digits.count <= 32 else { return nil }
            numbers += [UInt8](repeating: 0, count: 32 - digits.count) + digits
            rest = rest.dropFirst(count)
        }
        return numbers
    }
}
