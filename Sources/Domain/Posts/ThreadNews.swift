package import Chat
internal import Threads

/// A line that a thread gets outside of a turn.
package struct ThreadNews: Sendable {
    package let session: String
    /// A thread gets a line with a key only once; nil if the caller itself knows what is new.
    package let key: String?
    /// A message of its own in a direct conversation, not in the thread of an earlier one.
    package var isApart = false
    /// Markdown, with commands as they are typed in the thread's room.
    package let text: @Sendable (CommandSign) -> String

    package init(session: String, key: String? = nil, text: @escaping @Sendable (CommandSign) -> String) {
        self.session = session
        self.key = key
        self.text = text
    }

    /// - Parameter markdown: names commands without a sign, as code.
    package init(session: String, key: String? = nil, markdown: String) {
        self.init(session: session, key: key) { $0.completing(markdown) }
    }
}
