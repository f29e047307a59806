internal import COlm
internal import Crypto

/// The session with which a device reads what another one writes into a room.
package final class MegolmInboundSession {
    private let memory: OlmMemory
    package let id: String

    private init(_ memory: OlmMemory) {
        self.memory = memory
        var id = buffer(unsafe olm_inbound_group_session_id_length(memory.pointer))
        let count = memory.require(unsafe olm_inbound_group_session_id(memory.pointer, &id, id.count))
        self.id = id.text(count)
    }

    private static func makeMemory() -> OlmMemory {
        unsafe OlmMemory(
            olm_inbound_group_session_size(), make: { unsafe olm_inbound_group_session($0) },
            clear: { _ = unsafe olm_clear_inbound_group_session($0) },
            lastError: { unsafe olm_inbound_group_session_last_error($0) })
    }

    /// From the key that the writing device sends.
    package convenience init(sessionKey: String) throws(OlmError) {
        try unsafe self.init(sessionKey) { unsafe olm_init_inbound_group_session($0, $1, $2) }
    }

    /// From an exported key, whose origin is not signed.
    package convenience init(exported: String) throws(OlmError) {
        try unsafe self.init(exported) { unsafe olm_import_inbound_group_session($0, $1, $2) }
    }

    private convenience init(
        _ text: String, _ read: (OpaquePointer, UnsafePointer<UInt8>, Int) -> Int
    ) throws(OlmError) {
        let memory = Self.makeMemory()
        let key = Array(base64Unpadded(try WireMessage.decoded(text)).utf8)
        guard !key.isEmpty else { throw OlmError(code: "BAD_SESSION_KEY") }
        try memory.check(unsafe read(memory.pointer, key, key.count))
        self.init(memory)
    }

    /// A stored one. `BAD_ACCOUNT_KEY` for another key.
    package convenience init(pickle: [UInt8], key: PickleKey) throws(OlmError) {
        let memory = Self.makeMemory()
        var copy = pickle.isEmpty ? [0] : pickle
        try memory.check(
            unsafe olm_unpickle_inbound_group_session(
                memory.pointer, key.bytes, key.bytes.count, &copy, pickle.count))
        self.init(memory)
    }

    /// The encrypted state, for storage.
    package func pickle(_ key: PickleKey) -> [UInt8] {
        var bytes = buffer(unsafe olm_pickle_inbound_group_session_length(self.memory.pointer))
        let count = self.memory.require(
            unsafe olm_pickle_inbound_group_session(
                self.memory.pointer, key.bytes, key.bytes.count, &bytes, bytes.count))
        return Array(bytes.prefix(count))
    }

    /// The first message that it can read.
    package var firstKnownIndex: UInt32 { unsafe olm_inbound_group_session_first_known_index(self.memory.pointer) }

    /// `UNKNOWN_MESSAGE_INDEX` for a message before ``firstKnownIndex``. The same message can be read again, so remember
    /// which event had an index.
    package func decrypt(_ ciphertext: String) throws(OlmError) -> (text: [UInt8], index: UInt32) {
        let body = try WireMessage.checked(megolm: ciphertext)
        // The library overwrites what it reads, in both calls.
        var copy = body
        var text = buffer(
            try self.memory.check(
                unsafe olm_group_decrypt_max_plaintext_length(self.memory.pointer, &copy, copy.count)))
        copy = body
        var index: UInt32 = 0
        let count = try self.memory.check(
            unsafe olm_group_decrypt(self.memory.pointer, &copy, copy.count, &text, text.count, &index))
        return (Array(text.prefix(count)), index)
    }

    /// The key from `index` on, for a backup.
    package func export(at index: UInt32) throws(OlmError) -> String {
        var bytes = buffer(unsafe olm_export_inbound_group_session_length(self.memory.pointer))
        let count = try self.memory.check(
            unsafe olm_export_inbound_group_session(self.memory.pointer, &bytes, bytes.count, index))
        return bytes.text(count)
    }
}
