package import JSON

/// A message of a room as it stands there now.
package struct MatrixMessage: Sendable {
    package struct Reaction: Sendable, Hashable {
        /// The event's id, by which it is taken back.
        package let id: String
        package let key: String
        package let sender: String
    }

    package let id: String
    package let sender: String
    /// The transaction id, where it is our own.
    package let transaction: String?
    /// The first event of the thread that it stands in.
    package let thread: String?
    /// The message that it names as answered; in a thread also where that is only for programs without threads.
    package let replyTo: String?
    /// Milliseconds since 1970.
    package let sentAt: Int64
    /// As it is now: `msgtype`, `body`, `formatted_body`, `m.mentions`, …
    package internal(set) var content: JSON
    /// The contents of the edits' events, oldest first, with all that stands around the new one.
    package internal(set) var edits: [JSON] = []
    package internal(set) var isRedacted = false
    package internal(set) var reactions: [Reaction] = []

    /// `m.text`, `m.notice`, `m.file`, …
    package var kind: String { self.content["msgtype"]?.stringValue ?? "" }
    package var body: String { self.content["body"]?.stringValue ?? "" }
    package var html: String? { self.content["formatted_body"]?.stringValue }
    /// Who is pinged by it.
    package var mentions: [String] {
        self.content["m.mentions"]?["user_ids"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }
    /// `mxc://…` of a file.
    package var file: String? { self.content["url"]?.stringValue }
    /// The keys of its reactions, oldest first.
    package var reactionKeys: [String] { self.reactions.map(\.key) }
}
