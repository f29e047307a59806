/// An image that a person sent with a message, on the host's disk. ``TurnThread/bytes(of:)`` reads it.
package struct SentImage: Hashable, Sendable {
    /// The name of its file among the thread's files; never shown.
    package let file: String
    /// Safe to show.
    package let name: String
    /// By its content: `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
    package let mediaType: String
    /// In bytes.
    package let size: Int
    /// In pixels; nil where the file does not say it near its beginning.
    package let width: Int?
    package let height: Int?

    package init(
        file: String, name: String, mediaType: String, size: Int, width: Int? = nil, height: Int? = nil
    ) {
        self.file = file
        self.name = name
        self.mediaType = mediaType
        self.size = size
        self.width = width
        self.height = height
    }
}
