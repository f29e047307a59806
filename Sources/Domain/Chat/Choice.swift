/// A choice made on one of the bot's messages, with a button or a reaction.
package struct Choice: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// A button with this command was pressed.
        case button(String)
        /// A reaction was added: one emoji, without a variation selector.
        case reaction(String)
    }

    /// The bot's message.
    package let target: MessageReference
    /// May be anyone in the room.
    package let sender: Sender
    package let kind: Kind
    /// Milliseconds since 1970.
    package let sentAt: Int64

    package init(target: MessageReference, sender: Sender, kind: Kind, sentAt: Int64) {
        self.target = target
        self.sender = sender
        self.kind = kind
        self.sentAt = sentAt
    }
}
