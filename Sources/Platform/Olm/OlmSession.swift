internal import COlm

/// A message of an Olm session.
package struct OlmMessage: Sendable, Equatable {
    package enum Kind: Int, Sendable {
        /// Begins a session; repeated until the other side has answered.
        case preKey = 0
        case normal = 1
    }

    package var kind: Kind
    /// Unpadded base64.
    package var body: String

    package init(kind: Kind, body: String) {
        self.kind = kind
        self.body = body
    }
}

/// An encrypted channel between two devices.
package final class OlmSession {
    let memory: OlmMemory
    package let id: String

    init(_ memory: OlmMemory) {
        self.memory = memory
        var id = buffer(unsafe olm_session_id_length(memory.pointer))
        let count = memory.require(unsafe olm_session_id(memory.pointer, &id, id.count))
        self.id = id.text(count)
    }

    static func makeMemory() -> OlmMemory {
        unsafe OlmMemory(
            olm_session_size(), make: { unsafe olm_session($0) }, clear: { _ = unsafe olm_clear_session($0) },
            lastError: { unsafe olm_session_last_error($0) })
    }

    /// A stored one. `BAD_ACCOUNT_KEY` for another key.
    package convenience init(pickle: [UInt8], key: PickleKey) throws(OlmError) {
        let memory = Self.makeMemory()
        var copy = pickle.isEmpty ? [0] : pickle
        try memory.check(
            unsafe olm_unpickle_session(memory.pointer, key.bytes, key.bytes.count, &copy, pickle.count))
        self.init(memory)
    }

    /// The encrypted state, for storage.
    package func pickle(_ key: PickleKey) -> [UInt8] {
        var bytes = buffer(unsafe olm_pickle_session_length(self.memory.pointer))
        let count = self.memory.require(
            unsafe olm_pickle_session(self.memory.pointer, key.bytes, key.bytes.count, &bytes, bytes.count))
        return Array(bytes.prefix(count))
    }

    /// The other side has used it.
    package var hasReceived: Bool { unsafe olm_session_has_received_message(self.memory.pointer) != 0 }

    /// Store the session before the message is sent: it must encrypt no other text with the same key.
    package func encrypt(_ text: [UInt8]) -> OlmMessage {
        let kind = OlmMessage.Kind(rawValue: unsafe olm_encrypt_message_type(self.memory.pointer)) ?? .normal
        // Not every message needs random bytes.
        var random = entropy(unsafe olm_encrypt_random_length(self.memory.pointer))
        var body = buffer(unsafe olm_encrypt_message_length(self.memory.pointer, text.count))
        let plain = text.isEmpty ? [0] : text
        let count = self.memory.require(
            unsafe olm_encrypt(
                self.memory.pointer, plain, text.count, &random, random.count, &body, body.count))
        return OlmMessage(kind: kind, body: body.text(count))
    }

    /// `BAD_MESSAGE_MAC` for an altered message and for one that was read before.
    package func decrypt(_ message: OlmMessage) throws(OlmError) -> [UInt8] {
        let body = try WireMessage.checked(message)
        // The library overwrites what it reads, in both calls.
        var copy = body
        let kind = message.kind.rawValue
        var text = buffer(
            try self.memory.check(
                unsafe olm_decrypt_max_plaintext_length(self.memory.pointer, kind, &copy, copy.count)))
        copy = body
        let count = try self.memory.check(
            unsafe olm_decrypt(self.memory.pointer, kind, &copy, copy.count, &text, text.count))
        return Array(text.prefix(count))
    }

    /// Whether a pre-key message of the device with this identity key belongs to this session.
    package func matches(_ message: OlmMessage, from identityKey: String) -> Bool {
        guard message.kind == .preKey, var copy = try? WireMessage.checked(message),
            let identity = try? PeerKey.checked(identityKey)
        else { return false }
        return unsafe olm_matches_inbound_session_from(
            self.memory.pointer, identity, identity.count, &copy, copy.count) == 1
    }
}
