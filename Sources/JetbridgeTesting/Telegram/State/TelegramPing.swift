/// Somebody whom a message of the bot calls to it.
package struct TelegramPing: Sendable, Hashable {
    /// The chat.
    package var chat: Int64
    /// The message, or 0 for a draft.
    package var message: Int
    /// `@name`, or the id of an account.
    package var target: String
}
