/// A person's message that reads otherwise now.
public struct MessageEdit: Sendable, Equatable {
    /// The message.
    public let reference: MessageReference
    /// Who changed it; only its author's edits count.
    public let sender: Sender
    /// The whole new text, as ``InboundMessage/text``.
    public let text: String

    /// Makes an edit.
    public init(reference: MessageReference, sender: Sender, text: String) {
        self.reference = reference
        self.sender = sender
        self.text = text
    }
}
