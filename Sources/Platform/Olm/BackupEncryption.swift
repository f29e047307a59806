internal import COlm

/// A message encrypted for a backup. Its `mac` authenticates nothing: the library computes it over nothing, and the
/// protocol keeps that.
package struct BackupMessage: Sendable, Equatable {
    package var ephemeral: String
    package var mac: String
    package var ciphertext: String

    package init(ephemeral: String, mac: String, ciphertext: String) {
        self.ephemeral = ephemeral
        self.mac = mac
        self.ciphertext = ciphertext
    }
}

/// Encrypts for the public key of a backup.
package final class BackupEncryption {
    private let memory: OlmMemory

    package init(publicKey: String) throws(OlmError) {
        let key = try PeerKey.checked(publicKey)
        let memory = unsafe OlmMemory(
            olm_pk_encryption_size(), make: { unsafe olm_pk_encryption($0) },
            clear: { _ = unsafe olm_clear_pk_encryption($0) }, lastError: { unsafe olm_pk_encryption_last_error($0) })
        try memory.check(unsafe olm_pk_encryption_set_recipient_key(memory.pointer, key, key.count))
        self.memory = memory
    }

    package func encrypt(_ text: [UInt8]) -> BackupMessage {
        var body = buffer(unsafe olm_pk_ciphertext_length(self.memory.pointer, text.count))
        var mac = buffer(unsafe olm_pk_mac_length(self.memory.pointer))
        var key = buffer(olm_pk_key_length())
        let random = entropy(unsafe olm_pk_encrypt_random_length(self.memory.pointer))
        let plain = text.isEmpty ? [0] : text
        self.memory.require(
            unsafe olm_pk_encrypt(
                self.memory.pointer, plain, text.count, &body, body.count, &mac, mac.count, &key, key.count, random,
                random.count))
        return BackupMessage(
            ephemeral: key.text(key.count), mac: mac.text(mac.count), ciphertext: body.text(body.count))
    }
}

/// Reads a backup with its private key.
package final class BackupDecryption {
    private let memory: OlmMemory
    package let publicKey: String

    /// - Parameter privateKey: 32 bytes.
    package init(privateKey: [UInt8]) throws(OlmError) {
        guard privateKey.count == olm_pk_private_key_length() else { throw OlmError("INVALID_KEY") }
        let memory = unsafe OlmMemory(
            olm_pk_decryption_size(), make: { unsafe olm_pk_decryption($0) },
            clear: { _ = unsafe olm_clear_pk_decryption($0) }, lastError: { unsafe olm_pk_decryption_last_error($0) })
        var key = buffer(olm_pk_key_length())
        try memory.check(
            unsafe olm_pk_key_from_private(
                memory.pointer, &key, key.count, privateKey, privateKey.count))
        self.memory = memory
        self.publicKey = key.text(key.count)
    }

    package func decrypt(_ message: BackupMessage) throws(OlmError) -> [UInt8] {
        let key = try PeerKey.checked(message.ephemeral)
        let mac = Array(message.mac.utf8)
        var body = Array(message.ciphertext.utf8)
        guard !mac.isEmpty, !body.isEmpty else { throw OlmError("BAD_MESSAGE_FORMAT") }
        var text = buffer(unsafe olm_pk_max_plaintext_length(self.memory.pointer, body.count))
        let count = try self.memory.check(
            unsafe olm_pk_decrypt(
                self.memory.pointer, key, key.count, mac, mac.count, &body, body.count, &text, text.count))
        return Array(text.prefix(count))
    }
}
