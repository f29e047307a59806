internal import COlm

/// A private key for signatures that is kept as its seed: the keys of cross-signing.
package struct Ed25519SigningKey: Sendable {
    private let seed: [UInt8]
    /// Unpadded base64.
    package let publicKey: String

    /// - Parameter seed: 32 bytes.
    package init(seed: [UInt8]) {
        precondition(seed.count == 32, "an Ed25519 seed has 32 bytes")
        self.seed = seed
        self.publicKey = Self.use(seed).publicKey
    }

    package func sign(_ bytes: [UInt8]) -> String {
        let (memory, _) = Self.use(self.seed)
        var signature = buffer(olm_pk_signature_length())
        let text = bytes.isEmpty ? [0] : bytes
        memory.require(unsafe olm_pk_sign(memory.pointer, text, bytes.count, &signature, signature.count))
        return signature.text(signature.count)
    }

    private static func use(_ seed: [UInt8]) -> (memory: OlmMemory, publicKey: String) {
        let memory = unsafe OlmMemory(
            olm_pk_signing_size(), make: { unsafe olm_pk_signing($0) },
            clear: { _ = unsafe olm_clear_pk_signing($0) }, lastError: { unsafe olm_pk_signing_last_error($0) })
        var key = buffer(olm_pk_signing_public_key_length())
        memory.require(unsafe olm_pk_signing_key_from_seed(memory.pointer, &key, key.count, seed, seed.count))
        return (memory, key.text(key.count))
    }
}

/// Whether a signature in unpadded base64 is that of `key` over the bytes.
package func verifyEd25519(_ signature: String, of bytes: [UInt8], by key: String) -> Bool {
    let memory = unsafe OlmMemory(
        olm_utility_size(), make: { unsafe olm_utility($0) }, clear: { _ = unsafe olm_clear_utility($0) },
        lastError: { unsafe olm_utility_last_error($0) })
    let key = Array(key.utf8)
    // The library overwrites the signature, and takes one with the length of an unpadded text only.
    var copy = Array(signature.utf8)
    guard key.count == 43, copy.count == 86 else { return false }
    let text = bytes.isEmpty ? [0] : bytes
    return unsafe olm_ed25519_verify(
        memory.pointer, key, key.count, text, bytes.count, &copy, copy.count) != olm_error()
}
