/// A person's edit of a message.
package struct MessageEdit: Sendable, Equatable {
    package let reference: MessageReference
    /// Only its author's edits count.
    package let sender: Sender
    /// The whole new text, in the form of ``InboundMessage/text``.
    package let text: String

    package init(reference: MessageReference, sender: Sender, text: String) {
        self.reference = reference
        self.sender = sender
        self.text = text
    }
}
