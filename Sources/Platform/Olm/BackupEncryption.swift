internal import COlm

/// Encrypts for the public key of a backup (Client-Server API, "Backup algorithm:
/// m.megolm_backup.v1.curve25519-aes-sha2").
///
/// The `mac` authenticates nothing: the library computes it over an empty text, and the protocol keeps that. So whoever
/// knows the public key can write what decrypts.
package struct BackupEncryption {
    private let memory: OlmMemory

    package init(publicKey: String) throws(OlmError) {
        let key = try PeerKey.checked(publicKey)
        self.memory = unsafe OlmMemory(
            olm_pk_encryption_size(), make: { unsafe olm_pk_encryption($0) },
            clear: { _ = unsafe olm_clear_pk_encryption($0) }, lastError: { unsafe olm_pk_encryption_last_error($0) })
        try self.memory.check(unsafe olm_pk_encryption_set_recipient_key(self.memory.pointer, key, key.count))
    }

    /// Three texts in unpadded base64.
    package func encrypt(_ text: [UInt8]) -> (ephemeral: String, mac: String, ciphertext: String) {
        var body = buffer(unsafe olm_pk_ciphertext_length(self.memory.pointer, text.count))
        var mac = buffer(unsafe olm_pk_mac_length(self.memory.pointer))
        var key = buffer(olm_pk_key_length())
        let random = entropy(unsafe olm_pk_encrypt_random_length(self.memory.pointer))
        let plain = text.isEmpty ? [0] : text
        self.memory.require(
            unsafe olm_pk_encrypt(
                self.memory.pointer, plain, text.count, &body, body.count, &mac, mac.count, &key, key.count, random,
                random.count))
        return (key.text(key.count), mac.text(mac.count), body.text(body.count))
    }
}
