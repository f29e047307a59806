internal import Crypto
internal import JSON

/// Secrets in the account data, encrypted with the recovery key.
///
/// https://spec.matrix.org/v1.16/client-server-api/#msecret_storagev1aes-hmac-sha2
enum MatrixSecretStorage {
    static let algorithm = "m.secret_storage.v1.aes-hmac-sha2"
    static let defaultKeyType = "m.secret_storage.default_key"

    static func keyType(_ id: String) -> String { "m.secret_storage.key.\(id)" }

    private static func keys(_ key: MatrixRecoveryKey, name: String) -> (aes: [UInt8], mac: [UInt8]) {
        let bytes = hkdfSHA256(
            key.bytes, salt: [UInt8](repeating: 0, count: 32), info: Array(name.utf8), count: 64)
        return (Array(bytes[..<32]), Array(bytes[32...]))
    }

    /// Encrypts `text` as the secret `name`.
    static func seal(_ text: [UInt8], name: String, _ key: MatrixRecoveryKey, iv: [UInt8] = randomBytes(16)) -> JSON {
        let (aes, mac) = Self.keys(key, name: name)
        var iv = iv
        // Some implementations count in 63 bits only.
        iv[8] &= 0x7F
        var cipher = AES256CTR(key: aes, iv: iv)
        let ciphertext = cipher.apply(text)
        return [
            "iv": .string(base64Unpadded(iv)), "ciphertext": .string(base64Unpadded(ciphertext)),
            "mac": .string(base64Unpadded(hmacSHA256(ciphertext, key: mac))),
        ]
    }

    /// Nil for another key, or when it was altered.
    static func open(_ json: JSON?, name: String, _ key: MatrixRecoveryKey) -> [UInt8]? {
        guard let iv = json?["iv"]?.stringValue.flatMap(decodeUnpaddedBase64), iv.count == 16,
            let ciphertext = json?["ciphertext"]?.stringValue.flatMap(decodeUnpaddedBase64),
            let tag = json?["mac"]?.stringValue.flatMap(decodeUnpaddedBase64)
        else { return nil }
        let (aes, mac) = Self.keys(key, name: name)
        guard constantTimeEqual(hmacSHA256(ciphertext, key: mac), tag) else { return nil }
        var cipher = AES256CTR(key: aes, iv: iv)
        return cipher.apply(ciphertext)
    }

    // MARK: The key's description

    /// What the account data says about a key: a check by which it is recognised.
    static func description(of key: MatrixRecoveryKey) -> JSON {
        let check = Self.seal([UInt8](repeating: 0, count: 32), name: "", key)
        return [
            "algorithm": .string(Self.algorithm), "iv": check["iv"] ?? "", "mac": check["mac"] ?? "",
        ]
    }

    /// Whether `key` is the one that `description` describes.
    static func isKey(_ key: MatrixRecoveryKey, describedBy description: JSON) -> Bool {
        guard description["algorithm"]?.stringValue == Self.algorithm,
            let iv = description["iv"]?.stringValue.flatMap(decodeUnpaddedBase64), iv.count == 16,
            let tag = description["mac"]?.stringValue.flatMap(decodeUnpaddedBase64)
        else { return false }
        let (aes, mac) = Self.keys(key, name: "")
        var cipher = AES256CTR(key: aes, iv: iv)
        let ciphertext = cipher.apply([UInt8](repeating: 0, count: 32))
        return constantTimeEqual(hmacSHA256(ciphertext, key: mac), tag)
    }

    // MARK: Secrets

    /// A secret of the account data that `keyID` opens.
    static func secret(_ name: String, in content: JSON, keyID: String, _ key: MatrixRecoveryKey) -> [UInt8]? {
        guard let text = Self.open(content["encrypted"]?[keyID], name: name, key) else { return nil }
        // A secret is itself base64.
        return decodeUnpaddedBase64(String(decoding: text, as: UTF8.self))
    }

    static func content(_ secret: [UInt8], name: String, keyID: String, _ key: MatrixRecoveryKey) -> JSON {
        ["encrypted": .object([keyID: Self.seal(Array(base64Unpadded(secret).utf8), name: name, key)])]
    }
}
