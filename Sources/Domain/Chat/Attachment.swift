/// A file that came with a message, not fetched yet.
package struct Attachment: Hashable, Sendable {
    /// The platform's id, by which the adapter fetches it.
    package let id: String
    /// As the sender's program gave it: untrusted text, never a path.
    package let name: String
    /// As the sender's program claims; nil without a claim.
    package let mediaType: String?
    /// In bytes, as the platform says; nil where it does not.
    package let size: Int?
    /// What the sender spoke, as the network or the file's name says: a voice note.
    package let isVoice: Bool

    package init(id: String, name: String, mediaType: String? = nil, size: Int? = nil, isVoice: Bool = false) {
        self.id = id
        self.name = name
        self.mediaType = mediaType
        self.size = size
        self.isVoice = isVoice
    }
}
