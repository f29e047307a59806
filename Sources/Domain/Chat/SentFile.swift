/// A file that came with a message.
package struct SentFile: Hashable, Sendable {
    /// Among the files of the message's turn, from 1.
    package let number: Int
    /// The name of its file among the thread's files; never shown. Nil until it has arrived.
    package let file: String?
    package let name: String
    /// By its content, or else as the sender's program claims; nil where nobody says.
    package let mediaType: String?
    /// In bytes; nil where the network does not say it.
    package let size: Int?

    package init(number: Int, file: String?, name: String, mediaType: String?, size: Int?) {
        self.number = number
        self.file = file
        self.name = name
        self.mediaType = mediaType
        self.size = size
    }
}
