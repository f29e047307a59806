package import Chat

/// A person's file on the host's disk.
package struct ReceivedFile: Sendable, Equatable {
    /// As in the session's workspace, if it is there.
    package var name: String
    /// Its name in the session's directory.
    package let stored: String
    let type: FileType
    /// The type that the sender claims.
    let claimedType: String?
    /// In bytes.
    let size: Int
    /// The content of a small text; otherwise empty.
    let text: String
    /// Of an image, in pixels; nil where its beginning does not say it.
    var pixels: ImagePixels?

    /// It as part of a prompt; nil for files that are no images.
    package var image: SentImage? {
        guard self.type.isImage else { return nil }
        return SentImage(
            file: self.stored, name: self.name, mediaType: self.type.mediaType, size: self.size,
            width: self.pixels?.width, height: self.pixels?.height)
    }
}

/// Why a file could not be received.
package struct FileFailure: Error, Sendable, CustomStringConvertible {
    /// A clause.
    let reason: String

    package init(reason: String) { self.reason = reason }

    package var description: String { self.reason }

    static func tooLarge(_ limit: Int) -> FileFailure {
        FileFailure(reason: FileTexts.tooLarge(limit: limit))
    }
}
