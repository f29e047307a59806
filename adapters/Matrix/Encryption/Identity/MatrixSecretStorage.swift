internal import Crypto
package import JSON

/// Secrets on the server, opened by the recovery key (Client-Server API, "Secrets", algorithm
/// `m.secret_storage.v1.aes-hmac-sha2`).
package struct MatrixSecretStorage: Sendable {
    static let algorithm = "m.secret_storage.v1.aes-hmac-sha2"
    package static let defaultKey = "m.secret_storage.default_key"

    package static func keyName(_ id: String) -> String { "m.secret_storage.key.\(id)" }

    package let keyID: String
    private let key: MatrixRecoveryKey

    package init(keyID: String, key: MatrixRecoveryKey) {
        self.keyID = keyID
        self.key = key
    }

    /// Storage of a key under an id that follows from it, so that a repeated set-up makes no second one.
    package init(of key: MatrixRecoveryKey) {
        let id = hkdfSHA256(key.bytes, salt: [], info: Array("dev.jetbridge.key_id".utf8), count: 16)
        self.init(keyID: hex(id), key: key)
    }

    // MARK: The key's description

    /// The content of the account data that describes the key.
    package func description() -> JSON {
        let iv = Self.randomIV()
        return [
            "name": "Jetbridge", "algorithm": .string(Self.algorithm), "iv": .string(base64Unpadded(iv)),
            "mac": .string(base64Unpadded(self.seal([UInt8](repeating: 0, count: 32), name: "", iv: iv).mac)),
        ]
    }

    /// Whether `description` is of this key. One without proof says nothing, so it is not.
    package func matches(_ description: JSON) -> Bool {
        guard description["algorithm"]?.stringValue == Self.algorithm,
            let iv = Self.bytes(description["iv"]), iv.count == 16, let mac = Self.bytes(description["mac"])
        else { return false }
        return constantTimeEqual(mac, self.seal([UInt8](repeating: 0, count: 32), name: "", iv: iv).mac)
    }

    // MARK: Secrets

    /// The content of the account data `name`. Ciphertexts of other keys in `present` are kept.
    package func encrypt(_ secret: String, name: String, present: JSON? = nil) -> JSON {
        let iv = Self.randomIV()
        let (ciphertext, mac) = self.seal(Array(secret.utf8), name: name, iv: iv)
        var all = present?["encrypted"]?.objectValue ?? [:]
        all[self.keyID] = [
            "iv": .string(base64Unpadded(iv)), "ciphertext": .string(base64Unpadded(ciphertext)),
            "mac": .string(base64Unpadded(mac)),
        ]
        return ["encrypted": .object(all)]
    }

    /// The secret in the account data `name`; nil if it is missing or altered.
    package func decrypt(_ content: JSON, name: String) -> String? {
        guard let sealed = content["encrypted"]?[self.keyID], let iv = Self.bytes(sealed["iv"]), iv.count == 16,
            let ciphertext = Self.bytes(sealed["ciphertext"]), let mac = Self.bytes(sealed["mac"])
        else { return nil }
        let keys = self.keys(for: name)
        guard constantTimeEqual(mac, hmacSHA256(ciphertext, key: keys.mac)) else { return nil }
        var cipher = AES256CTR(key: keys.aes, iv: iv)
        return String(validating: cipher.apply(ciphertext), as: UTF8.self)
    }

    private func seal(_ text: [UInt8], name: String, iv: [UInt8]) -> (ciphertext: [UInt8], mac: [UInt8]) {
        let keys = self.keys(for: name)
        var cipher = AES256CTR(key: keys.aes, iv: iv)
        let ciphertext = cipher.apply(text)
        return (ciphertext, hmacSHA256(ciphertext, key: keys.mac))
    }

    private func keys(for name: String) -> (aes: [UInt8], mac: [UInt8]) {
        let bytes = hkdfSHA256(
            self.key.bytes, salt: [UInt8](repeating: 0, count: 32), info: Array(name.utf8), count: 64)
        return (Array(bytes[..<32]), Array(bytes[32...]))
    }

    /// Bit 63 is zero: implementations of the counter differ there.
    private static func randomIV() -> [UInt8] {
        var iv = randomBytes(16)
        iv[8] &= 0x7F
        return iv
    }

    /// Others write padding.
    private static func bytes(_ json: JSON?) -> [UInt8]? { json?.stringValue.flatMap { decodeUnpaddedBase64($0) } }
}
