/// A file that came with a message, not fetched yet.
public struct Attachment: Hashable, Sendable {
    /// The platform's id, by which the adapter fetches it.
    public let id: String
    /// The name as the sender's program gave it; hostile text, never a path.
    public let name: String
    /// The media type that the sender's program claims; nil when it claims none.
    public let mediaType: String?
    /// The size in bytes that the platform tells; nil when it tells none.
    public let size: Int?

    /// Describes a file.
    public init(id: String, name: String, mediaType: String? = nil, size: Int? = nil) {
        self.id = id
        self.name = name
        self.mediaType = mediaType
        self.size = size
    }
}
