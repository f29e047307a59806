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

    package convenience init(pickle: [UInt8], key: PickleKey) throws(OlmError) {
        let memory = Self.makeMemory()
        var copy = pickle.isEmpty ? [0] : pickle
        try memory.check(
            unsafe olm_unpickle_session(memory.pointer, key.bytes, key.bytes.count, &copy, pickle.count))
        self.init(memory)
    }

    package func pickle(_ key: PickleKey) -> [UInt8] {
        var bytes = buffer(unsafe olm_pickle_session_length(self.memory.pointer))
        let count = self.memory.require(
            unsafe olm_pickle_session(self.memory.pointer, key.bytes, key.bytes.count, &bytes, bytes.count))
        return Array(bytes.prefix(count))
    }

    /// The other side has used it.
    package var hasReceived: Bool { unsafe olm_session_has_received_message(self.memory.pointer) != 0 }

    package func encrypt(_ text: [UInt8]) -> OlmMessage {
        let kind = OlmMessage.Kind(rawValue: unsafe olm_encrypt_message_type(self.memory.pointer)) ?? .normal
        var random = entropy(unsafe olm_encrypt_random_length(self.memory.pointer))
        let randomCount = unsafe olm_encrypt_random_length(self.memory.pointer)
        var body = buffer(unsafe olm_encrypt_message_length(self.memory.pointer, text.count))
        let plain = text.isEmpty ? [0] : text
        let count = self.memory.require(
            unsafe olm_encrypt(
                self.memory.pointer, plain, text.count, &random, randomCount, &body, body.count))
        return OlmMessage(kind: kind, body: body.text(count))
    }

    package func decrypt(_ message: OlmMessage) throws(OlmError) -> [UInt8] {
        if message.kind == .preKey { try PeerKey.check(preKeyMessage: message.body) }
        var copy = Array(message.body.utf8)
        guard !copy.isEmpty else { throw OlmError("BAD_MESSAGE_FORMAT") }
        let kind = message.kind.rawValue
        var text = buffer(
            try self.memory.check(
                unsafe olm_decrypt_max_plaintext_length(self.memory.pointer, kind, &copy, copy.count)))
        copy = Array(message.body.utf8)
        let count = try self.memory.check(
            unsafe olm_decrypt(self.memory.pointer, kind, &copy, copy.count, &text, text.count))
        return Array(text.prefix(count))
    }

    /// Whether a pre-key message belongs to this session.
    package func matches(_ message: OlmMessage, from identityKey: String) -> Bool {
        guard message.kind == .preKey, !message.body.isEmpty else { return false }
        var copy = Array(message.body.utf8)
        let identity = Array(identityKey.utf8)
        guard !identity.isEmpty else { return false }
        return unsafe olm_matches_inbound_session_from(
            self.memory.pointer, identity, identity.count, &copy, copy.count) == 1
    }
}
