/// A message was not taken, because it is not for the bot; nothing of it is stored.
package struct IgnoredEvent: Error {
    /// As counted in the metrics.
    package let reason: String
}
