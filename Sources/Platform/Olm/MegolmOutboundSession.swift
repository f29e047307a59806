internal import COlm

/// The session with which a device writes into a room.
package final class MegolmOutboundSession {
    private let memory: OlmMemory
    package let id: String

    private init(_ memory: OlmMemory) {
        self.memory = memory
        var id = buffer(unsafe olm_outbound_group_session_id_length(memory.pointer))
        let count = memory.require(unsafe olm_outbound_group_session_id(memory.pointer, &id, id.count))
        self.id = id.text(count)
    }

    private static func makeMemory() -> OlmMemory {
        unsafe OlmMemory(
            olm_outbound_group_session_size(), make: { unsafe olm_outbound_group_session($0) },
            clear: { _ = unsafe olm_clear_outbound_group_session($0) },
            lastError: { unsafe olm_outbound_group_session_last_error($0) })
    }

    /// A new one, with index 0.
    package convenience init() {
        let memory = Self.makeMemory()
        var random = entropy(unsafe olm_init_outbound_group_session_random_length(memory.pointer))
        memory.require(unsafe olm_init_outbound_group_session(memory.pointer, &random, random.count))
        self.init(memory)
    }

    /// A stored one. `BAD_ACCOUNT_KEY` for another key.
    package convenience init(pickle: [UInt8], key: PickleKey) throws(OlmError) {
        let memory = Self.makeMemory()
        var copy = pickle.isEmpty ? [0] : pickle
        try memory.check(
            unsafe olm_unpickle_outbound_group_session(
                memory.pointer, key.bytes, key.bytes.count, &copy, pickle.count))
        self.init(memory)
    }

    /// The encrypted state, for storage.
    package func pickle(_ key: PickleKey) -> [UInt8] {
        var bytes = buffer(unsafe olm_pickle_outbound_group_session_length(self.memory.pointer))
        let count = self.memory.require(
            unsafe olm_pickle_outbound_group_session(
                self.memory.pointer, key.bytes, key.bytes.count, &bytes, bytes.count))
        return Array(bytes.prefix(count))
    }

    /// The index of the next message.
    package var index: UInt32 { unsafe olm_outbound_group_session_message_index(self.memory.pointer) }

    /// What others need to read from the present index on.
    package var sessionKey: String {
        var bytes = buffer(unsafe olm_outbound_group_session_key_length(self.memory.pointer))
        let count = self.memory.require(
            unsafe olm_outbound_group_session_key(self.memory.pointer, &bytes, bytes.count))
        return bytes.text(count)
    }

    /// Store the session before the message is sent: an index must encrypt one text only.
    package func encrypt(_ text: [UInt8]) -> String {
        // The length grows with the index, so it is asked for each time.
        var body = buffer(unsafe olm_group_encrypt_message_length(self.memory.pointer, text.count))
        let plain = text.isEmpty ? [0] : text
        let count = self.memory.require(
            unsafe olm_group_encrypt(self.memory.pointer, plain, text.count, &body, body.count))
        return body.text(count)
    }
}
