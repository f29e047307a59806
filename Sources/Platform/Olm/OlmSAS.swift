internal import COlm

/// The agreement behind a comparison of emoji ("short authentication string").
package final class OlmSAS {
    /// Two texts over the same secret differ by version of the protocol.
    package enum MACMethod: Sendable {
        /// `hkdf-hmac-sha256.v2`
        case hkdfV2
        /// `hkdf-hmac-sha256`, whose base64 is that of an old mistake in the library.
        case hkdf
    }

    private let memory: OlmMemory
    /// Unpadded base64.
    package let publicKey: String

    /// One for each comparison.
    package init() {
        let memory = unsafe OlmMemory(
            olm_sas_size(), make: { unsafe olm_sas($0) }, clear: { _ = unsafe olm_clear_sas($0) },
            lastError: { unsafe olm_sas_last_error($0) })
        var random = entropy(unsafe olm_create_sas_random_length(memory.pointer))
        memory.require(unsafe olm_create_sas(memory.pointer, &random, random.count))
        var key = buffer(unsafe olm_sas_pubkey_length(memory.pointer))
        memory.require(unsafe olm_sas_get_pubkey(memory.pointer, &key, key.count))
        self.memory = memory
        self.publicKey = key.text(key.count)
    }

    /// `BAD_PEER_KEY` for a key that gives a secret everybody knows.
    package func agree(with key: String) throws(OlmError) {
        var copy = try PeerKey.checked(key)
        try self.memory.check(unsafe olm_sas_set_their_key(self.memory.pointer, &copy, copy.count))
    }

    /// Bytes that both sides derive. Only after ``agree(with:)``: there is no secret before.
    package func bytes(info: String, count: Int) -> [UInt8] {
        precondition(unsafe olm_sas_is_their_key_set(self.memory.pointer) != 0, "no secret yet")
        var bytes = buffer(count)
        let text = Array(info.utf8)
        self.memory.require(
            unsafe olm_sas_generate_bytes(self.memory.pointer, text, text.count, &bytes, bytes.count))
        return bytes
    }

    /// The authentication of `input` with the secret, in base64. Only after ``agree(with:)``.
    package func mac(_ input: String, info: String, _ method: MACMethod) -> String {
        precondition(unsafe olm_sas_is_their_key_set(self.memory.pointer) != 0, "no secret yet")
        var mac = buffer(unsafe olm_sas_mac_length(self.memory.pointer))
        let (text, info) = (Array(input.utf8), Array(info.utf8))
        switch method {
        case .hkdfV2:
            self.memory.require(
                unsafe olm_sas_calculate_mac_fixed_base64(
                    self.memory.pointer, text, text.count, info, info.count, &mac, mac.count))
        case .hkdf:
            self.memory.require(
                unsafe olm_sas_calculate_mac(
                    self.memory.pointer, text, text.count, info, info.count, &mac, mac.count))
        }
        return mac.text(mac.count)
    }
}
