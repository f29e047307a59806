/// A message as people see it.
package struct TelegramShown: Sendable, Hashable {
    /// A button below a message.
    package struct Button: Sendable, Hashable {
        package var text: String
        /// What the bot is told when it is pressed.
        package var data: String?
        package var url: String?
    }

    package var id: Int
    /// Nobody for the posts of a channel.
    package var sender: Int64?
    package var isBot: Bool
    package var text: String
    package var entities: [TelegramEntity]
    /// The topic, or the root of the chain of replies.
    package var thread: Int?
    package var isTopic: Bool
    package var replyTo: Int?
    package var buttons: [[Button]]
    /// `document`, `photo`, …; nil for a plain text.
    package var media: String?
    package var fileName: String?
    /// The file that it carries.
    package var bytes: [UInt8]?
    /// What happened, of a message that nobody wrote: `new_chat_members`, ….
    package var service: String?
    /// By whom which.
    package var reactions: [Int64: [String]]
    /// How often it was changed.
    package var edits: Int
    package var isQuiet: Bool

    /// The text with its formats as tags.
    package var markup: String { EntityMarkup.html(self.text, self.entities) }
}
