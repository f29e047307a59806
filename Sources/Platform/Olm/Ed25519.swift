internal import COlm
internal import Crypto

/// A private key for signatures that is kept as its seed: the keys of cross-signing. It is never printed.
package struct Ed25519SigningKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let seed: [UInt8]
    /// Unpadded base64.
    package let publicKey: String

    /// - Parameter seed: 32 bytes.
    package init(seed: [UInt8]) {
        precondition(seed.count == 32, "an Ed25519 seed has 32 bytes")
        self.seed = seed
        self.publicKey = Self.load(seed).publicKey
    }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }

    /// The signature in unpadded base64.
    package func sign(_ bytes: [UInt8]) -> String {
        let (memory, _) = Self.load(self.seed)
        var signature = buffer(olm_pk_signature_length())
        let text = bytes.isEmpty ? [0] : bytes
        memory.require(unsafe olm_pk_sign(memory.pointer, text, bytes.count, &signature, signature.count))
        return signature.text(signature.count)
    }

    private static func load(_ seed: [UInt8]) -> (memory: OlmMemory, publicKey: String) {
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
    // With padding they would be other texts for the same values.
    guard key.utf8.count == 43, decodeUnpaddedBase64(key)?.count == 32, signature.utf8.count == 86,
        let decoded = decodeUnpaddedBase64(signature), decoded.count == 64, isReduced(decoded[32...])
    else { return false }
    let memory = unsafe OlmMemory(
        olm_utility_size(), make: { unsafe olm_utility($0) }, clear: { _ = unsafe olm_clear_utility($0) },
        lastError: { unsafe olm_utility_last_error($0) })
    let letters = Array(key.utf8)
    // The library overwrites the signature.
    var copy = Array(signature.utf8)
    let text = bytes.isEmpty ? [0] : bytes
    return unsafe olm_ed25519_verify(
        memory.pointer, letters, letters.count, text, bytes.count, &copy, copy.count) != olm_error()
}

/// Whether the second half of a signature is below the order of the group (RFC 8032 §5.1.7), which the library does not
/// ask: otherwise others could make a second signature from one.
private func isReduced(_ scalar: ArraySlice<UInt8>) -> Bool {
    for (digit, limit) in zip(scalar.reversed(), groupOrder) where digit != limit { return digit < limit }
    return false
}

/// 2^252 + 27742317777372353535851937790883648493, the highest byte first.
private let groupOrder: [UInt8] = [
    0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0xDE, 0xF9, 0xDE, 0xA2, 0xF7, 0x9C, 0xD6, 0x58, 0x12, 0x63,
    0x1A, 0x5C, 0xF5, 0xD3, 0xED,
]
