internal import COlm
internal import Crypto
internal import JSON

/// A device's identity and its one-time keys. Keys and signatures are unpadded base64.
package final class OlmAccount {
    private let memory: OlmMemory
    /// The device's key for agreements, and the one for signatures.
    package let curve25519: String
    package let ed25519: String

    /// More one-time keys than these push out the oldest.
    package static let oneTimeKeyLimit = 100

    private init(_ memory: OlmMemory) throws(OlmError) {
        self.memory = memory
        var keys = buffer(unsafe olm_account_identity_keys_length(memory.pointer))
        let count = try memory.check(unsafe olm_account_identity_keys(memory.pointer, &keys, keys.count))
        guard let json = try? JSON.parse(Array(keys.prefix(count))), let agreement = json["curve25519"]?.stringValue,
            let signing = json["ed25519"]?.stringValue
        else { throw OlmError(code: "CORRUPTED_PICKLE") }
        self.curve25519 = agreement
        self.ed25519 = signing
    }

    private static func makeMemory() -> OlmMemory {
        unsafe OlmMemory(
            olm_account_size(), make: { unsafe olm_account($0) }, clear: { _ = unsafe olm_clear_account($0) },
            lastError: { unsafe olm_account_last_error($0) })
    }

    /// A new device.
    package convenience init() {
        let memory = Self.makeMemory()
        var random = entropy(unsafe olm_create_account_random_length(memory.pointer))
        memory.require(unsafe olm_create_account(memory.pointer, &random, random.count))
        do { try self.init(memory) } catch { preconditionFailure("libolm: \(error)") }
    }

    /// A stored one. `BAD_ACCOUNT_KEY` for another key.
    package convenience init(pickle: [UInt8], key: PickleKey) throws(OlmError) {
        let memory = Self.makeMemory()
        // The library overwrites what it reads.
        var copy = pickle.isEmpty ? [0] : pickle
        try memory.check(
            unsafe olm_unpickle_account(memory.pointer, key.bytes, key.bytes.count, &copy, pickle.count))
        try self.init(memory)
    }

    /// The encrypted state, for storage.
    package func pickle(_ key: PickleKey) -> [UInt8] {
        var bytes = buffer(unsafe olm_pickle_account_length(self.memory.pointer))
        let count = self.memory.require(
            unsafe olm_pickle_account(self.memory.pointer, key.bytes, key.bytes.count, &bytes, bytes.count))
        return Array(bytes.prefix(count))
    }

    /// The signature with ``ed25519``.
    package func sign(_ bytes: [UInt8]) -> String {
        var signature = buffer(unsafe olm_account_signature_length(self.memory.pointer))
        let text = bytes.isEmpty ? [0] : bytes
        let count = self.memory.require(
            unsafe olm_account_sign(self.memory.pointer, text, bytes.count, &signature, signature.count))
        return signature.text(count)
    }

    // MARK: One-time keys

    /// Makes at most ``oneTimeKeyLimit`` keys. They are unpublished until ``markKeysAsPublished()``.
    package func makeOneTimeKeys(_ count: Int) {
        let count = max(0, min(count, Self.oneTimeKeyLimit))
        var random = entropy(unsafe olm_account_generate_one_time_keys_random_length(self.memory.pointer, count))
        self.memory.require(
            unsafe olm_account_generate_one_time_keys(self.memory.pointer, count, &random, random.count))
    }

    /// By id, in order.
    package var unpublishedOneTimeKeys: [(id: String, key: String)] {
        var bytes = buffer(unsafe olm_account_one_time_keys_length(self.memory.pointer))
        let count = self.memory.require(
            unsafe olm_account_one_time_keys(self.memory.pointer, &bytes, bytes.count))
        return Self.keys(Array(bytes.prefix(count)))
    }

    /// A key that may be used more than once, for when no one-time key is left. The one before stays usable.
    package func makeFallbackKey() {
        var random = entropy(unsafe olm_account_generate_fallback_key_random_length(self.memory.pointer))
        self.memory.require(unsafe olm_account_generate_fallback_key(self.memory.pointer, &random, random.count))
    }

    /// The newest fallback key until ``markKeysAsPublished()``.
    package var unpublishedFallbackKey: (id: String, key: String)? {
        var bytes = buffer(unsafe olm_account_unpublished_fallback_key_length(self.memory.pointer))
        let count = self.memory.require(
            unsafe olm_account_unpublished_fallback_key(self.memory.pointer, &bytes, bytes.count))
        return Self.keys(Array(bytes.prefix(count))).first
    }

    /// Messages to the fallback key before the newest one cannot be read any more.
    package func forgetOldFallbackKey() { unsafe olm_account_forget_old_fallback_key(self.memory.pointer) }

    /// Call it when the server has them.
    package func markKeysAsPublished() { unsafe olm_account_mark_keys_as_published(self.memory.pointer) }

    private static func keys(_ bytes: [UInt8]) -> [(id: String, key: String)] {
        let json = try? JSON.parse(bytes)
        return (json?["curve25519"]?.objectValue ?? [:]).compactMap { id, key in key.stringValue.map { (id, $0) } }
            .sorted { $0.id < $1.id }
    }

    // MARK: Sessions

    /// Begins a session with a device's identity key and one of its one-time keys. `BAD_PEER_KEY` for a key that gives
    /// a secret everybody knows.
    package func outboundSession(to identityKey: String, oneTimeKey: String) throws(OlmError) -> OlmSession {
        let identity = try PeerKey.checked(identityKey)
        let oneTime = try PeerKey.checked(oneTimeKey)
        let session = OlmSession.makeMemory()
        var random = entropy(unsafe olm_create_outbound_session_random_length(session.pointer))
        try session.check(
            unsafe olm_create_outbound_session(
                session.pointer, self.memory.pointer, identity, identity.count, oneTime, oneTime.count, &random,
                random.count))
        return OlmSession(session)
    }

    /// The session that another device began with a pre-key message. `BAD_MESSAGE_KEY_ID` if the one-time key is
    /// unknown or used. Decrypt the message with it, then call ``removeOneTimeKeys(of:)``.
    package func inboundSession(_ message: OlmMessage, from identityKey: String) throws(OlmError) -> OlmSession {
        let identity = try PeerKey.checked(identityKey)
        guard message.kind == .preKey else { throw .badMessageFormat }
        var body = try WireMessage.checked(message)
        let session = OlmSession.makeMemory()
        try session.check(
            unsafe olm_create_inbound_session_from(
                session.pointer, self.memory.pointer, identity, identity.count, &body, body.count))
        return OlmSession(session)
    }

    /// So that nobody can begin another session with it. A fallback key stays.
    package func removeOneTimeKeys(of session: OlmSession) {
        // Fails when there is none left to remove, which is what is wanted.
        _ = unsafe olm_remove_one_time_keys(self.memory.pointer, session.memory.pointer)
    }
}
