internal import Crypto

/// Encrypts a message for one browser (RFC 8291), so that its push service reads nothing. Pure.
enum PushEncryption {
    /// Of a record, in bytes: each push service takes as much (RFC 8291 §4).
    private static let recordSize: UInt32 = 4_096
    /// Bytes of a text that fit.
    static let limit = 3_993

    /// The body of a request with `Content-Encoding: aes128gcm` (RFC 8188), one record. Nil if the browser's key is not one,
    /// or the text is too long.
    ///
    /// - Parameters:
    ///   - point: The browser's public key, `p256dh`.
    ///   - secret: The browser's secret, `auth`.
    ///   - key: Used for this message alone.
    ///   - salt: 16 random bytes.
    static func body(
        _ text: [UInt8], to point: [UInt8], secret: [UInt8], key: P256Key = .random(), salt: [UInt8] = randomBytes(16)
    ) -> [UInt8]? {
        guard text.count <= Self.limit, let agreed = key.agreement(with: point) else { return nil }
        let input = hkdfSHA256(
            agreed, salt: secret, info: Array("WebPush: info\0".utf8) + point + key.publicPoint, count: 32)
        let content = hkdfSHA256(input, salt: salt, info: Array("Content-Encoding: aes128gcm\0".utf8), count: 16)
        let nonce = hkdfSHA256(input, salt: salt, info: Array("Content-Encoding: nonce\0".utf8), count: 12)
        let size = (0..<4).map { UInt8(truncatingIfNeeded: Self.recordSize >> (24 - 8 * $0)) }
        let head = salt + size + [UInt8(key.publicPoint.count)] + key.publicPoint
        // The mark of the last record.
        return head + sealAESGCM(text + [0x02], key: content, nonce: nonce)
    }
}
