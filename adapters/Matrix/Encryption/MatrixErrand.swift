/// Work of ``MatrixEncryption`` that nothing waits for.
enum MatrixErrand: Sendable, Equatable {
    /// Upload one-time keys and the fallback key.
    case publish
    /// Handle what strangers have sent to this device.
    case receive
    /// Replace a channel to a device that is broken.
    case mend(user: String, key: String)
    /// Ask a device for the key of a session.
    case request(room: String, session: String, user: String)
    /// Send what is in ``MatrixKeySchema``'s `parcels`.
    case deliver
    case backUp
    /// Give a room's readers the key before there is something to send.
    case prepare(room: String)
    /// Look after the account's identity again.
    case identity
    /// End the verifications that are due at a time: monotonic, in milliseconds.
    case expireVerifications(at: Int64)
    /// Raise the counter of ``MatrixKeyStamp``.
    case stamp
}
