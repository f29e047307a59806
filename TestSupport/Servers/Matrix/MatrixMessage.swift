package import JSON

/// A message as the room currently shows it.
package struct MatrixMessage: Sendable {
    package struct Reaction: Sendable, Hashable {
        /// The event's id, by which it can be redacted.
        package let id: String
        package let key: String
        package let sender: String
    }

    package let id: String
    package let sender: String
    /// The transaction id, if the reader sent the message.
    package let transaction: String?
    /// The first event of its thread.
    package let thread: String?
    /// The message it replies to; in a thread this may only be the fallback for clients without threads.
    package let replyTo: String?
    /// Milliseconds since 1970.
    package let sentAt: Int64
    /// The current content: `msgtype`, `body`, `formatted_body`, `m.mentions`, …
    package internal(set) var content: JSON
    /// The full contents of the edit events, oldest first.
    package internal(set) var edits: [JSON] = []
    package internal(set) var isRedacted = false
    package internal(set) var reactions: [Reaction] = []

    /// `m.text`, `m.notice`, `m.file`, …
    package var kind: String { self.content["msgtype"]?.stringValue ?? "" }
    package var body: String { self.content["body"]?.stringValue ?? "" }
    package var html: String? { self.content["formatted_body"]?.stringValue }
    /// The user ids that it mentions.
    package var mentions: [String] {
        self.content["m.mentions"]?["user_ids"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }
    /// `mxc://…` of a file.
    package var file: String? { self.content["url"]?.stringValue }
}
