/// What somebody chose at a message of the bot's, with a button or a reaction.
public struct Choice: Sendable, Equatable {
    /// How it was chosen.
    public enum Kind: Sendable, Equatable {
        /// A button with this command was pressed.
        case button(String)
        /// A reaction was added: one emoji, without a variation selector.
        case reaction(String)
    }

    /// The message of the bot's that it is about.
    public let target: MessageReference
    /// Who chose; anybody in the room may have.
    public let sender: Sender
    /// How it was chosen.
    public let kind: Kind
    /// Milliseconds since 1970.
    public let sentAt: Int64

    /// Makes a choice.
    public init(target: MessageReference, sender: Sender, kind: Kind, sentAt: Int64) {
        self.target = target
        self.sender = sender
        self.kind = kind
        self.sentAt = sentAt
    }
}
