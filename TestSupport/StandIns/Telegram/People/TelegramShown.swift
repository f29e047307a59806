/// A message as people see it.
package struct TelegramShown: Sendable, Hashable {
    /// A button below a message.
    package struct Button: Sendable, Hashable {
        package var text: String
        /// The data that the bot receives when it is pressed.
        package var data: String?
        package var url: String?
    }

    package var id: Int
    package var sender: Int64?
    package var isBot: Bool
    package var text: String
    package var entities: [TelegramEntity]
    /// The topic, or the root of the reply chain.
    package var thread: Int?
    package var isTopic: Bool
    package var replyTo: Int?
    package var buttons: [[Button]]
    /// `document`, `photo`, …; nil for plain text.
    package var media: String?
    package var fileName: String?
    /// The contents of its file.
    package var bytes: [UInt8]?
    /// The type of a service message: `new_chat_members`, ….
    package var service: String?
    /// The emoji by person.
    package var reactions: [Int64: [String]]
    /// The number of times it was edited.
    package var edits: Int

    /// The text with its formatting as tags.
    package var markup: String { EntityMarkup.html(self.text, self.entities) }
}
