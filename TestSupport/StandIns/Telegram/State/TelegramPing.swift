/// A mention in a message of the bot.
package struct TelegramPing: Sendable, Hashable {
    package var chat: Int64
    /// The message, or 0 for a draft.
    package var message: Int
    /// `@name`, or the id of an account.
    package var target: String
}
