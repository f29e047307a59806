internal import COlm
internal import Crypto

/// Reads a backup with its private key. What it reads is as true as the server that it comes from: see
/// ``BackupEncryption``.
package final class BackupDecryption {
    private let memory: OlmMemory
    /// Unpadded base64.
    package let publicKey: String

    /// - Parameter privateKey: 32 bytes.
    package init(privateKey: [UInt8]) throws(OlmError) {
        guard privateKey.count == olm_pk_private_key_length() else {
            throw OlmError(code: "INPUT_BUFFER_TOO_SMALL")
        }
        self.memory = unsafe OlmMemory(
            olm_pk_decryption_size(), make: { unsafe olm_pk_decryption($0) },
            clear: { _ = unsafe olm_clear_pk_decryption($0) }, lastError: { unsafe olm_pk_decryption_last_error($0) })
        var key = buffer(olm_pk_key_length())
        self.memory.require(
            unsafe olm_pk_key_from_private(
                self.memory.pointer, &key, key.count, privateKey, privateKey.count))
        self.publicKey = key.text(key.count)
    }

    package func decrypt(ephemeral: String, mac: String, ciphertext: String) throws(OlmError) -> [UInt8] {
        let key = try PeerKey.checked(ephemeral)
        let code = try WireMessage.decoded(mac)
        let encrypted = try WireMessage.decoded(ciphertext)
        try WireMessage.checkCiphertext(encrypted.count)
        guard code.count == 8 else { throw .badMessageFormat }
        let letters = Array(base64Unpadded(code).utf8)
        var body = Array(base64Unpadded(encrypted).utf8)
        var text = buffer(unsafe olm_pk_max_plaintext_length(self.memory.pointer, body.count))
        let count = try self.memory.check(
            unsafe olm_pk_decrypt(
                self.memory.pointer, key, key.count, letters, letters.count, &body, body.count, &text, text.count))
        return Array(text.prefix(count))
    }
}
