/// A message that is not the question, but that whoever asks sees beside it: what was said in the room, what the question
/// replies to, what it forwards.
package struct SaidMessage: Sendable, Equatable {
    package enum Relation: String, Sendable, CaseIterable {
        /// The first message of the question's thread.
        case root
        /// In the question's thread or room.
        case said
        /// The question replies to it.
        case repliedTo
        /// The part that the question quotes of what it replies to.
        case quoted
        /// The question forwards or shares it.
        case forwarded
    }

    package let relation: Relation
    /// The message on its network; nil where the network does not say it (a quoted part, a forward).
    package let reference: MessageReference?
    /// Nil where the network vouches for nobody, such as the author of a forward.
    package let author: Sender?
    /// The author as people see them; for a forward also its origin, such as the name of a channel.
    package let name: String
    /// Milliseconds since 1970; nil if unknown.
    package let sentAt: Int64?
    /// Plain Unicode or Markdown, as ``InboundMessage/text``, after the author's last edit. People, rooms and groups are
    /// mentioned by their names.
    package let text: String
    package let attachments: [Attachment]

    package init(
        _ relation: Relation, reference: MessageReference? = nil, author: Sender? = nil, name: String,
        sentAt: Int64? = nil, text: String, attachments: [Attachment] = []
    ) {
        self.relation = relation
        self.reference = reference
        self.author = author
        self.name = name
        self.sentAt = sentAt
        self.text = text
        self.attachments = attachments
    }
}
