/// The result of submitting a message.
package struct Submission: Sendable, Equatable {
    /// The stored message's number.
    package let message: Int64
    /// The operation that answers it.
    package let operation: String
}

/// A message was not taken, because it is not for the bot; nothing of it is stored.
package struct IgnoredEvent: Error {
    /// As counted in the metrics.
    package let reason: String
}

/// The reply to a message.
typealias ReplyBox = SingleResult<Submission?>
