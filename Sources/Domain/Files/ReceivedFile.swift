package import Chat

/// A person's file on the host's disk.
package struct ReceivedFile: Sendable, Equatable {
    /// As in the session's workspace, if it is there.
    package var name: String
    /// Its name in the session's directory.
    package let stored: String
    package let type: FileType
    /// The type that the sender claims.
    let claimedType: String?
    /// In bytes.
    package let size: Int
    /// The content of a small text, or what was read of a document; otherwise empty.
    package var text: String
    /// Of an image, in pixels; nil where its beginning does not say it.
    package var pixels: ImagePixels?
    /// An image with what a camera notes in it: where and when, and which side is up.
    package var hasNotes = false
    /// What is said in it, if it is a voice note that was written down.
    package var spoken: String?
    /// The session's workspace has it.
    package var isPlaced = false
    /// Sent in its place.
    package var shown: SentImage?
    /// Why the model gets nothing of it.
    package var failure: FileFailure?

    package init(
        name: String, stored: String, type: FileType, claimedType: String?, size: Int, text: String = "",
        pixels: ImagePixels? = nil, hasNotes: Bool = false
    ) {
        self.name = name
        self.stored = stored
        self.type = type
        self.claimedType = claimedType
        self.size = size
        self.text = text
        self.pixels = pixels
        self.hasNotes = hasNotes
    }

    /// Its type, as people and models see it.
    package var shownType: String { self.type.told(claimed: self.claimedType) }

    /// It as part of a prompt; nil for files that are no images.
    package var image: SentImage? {
        if let shown = self.shown {
            return SentImage(
                file: shown.file, name: self.name, mediaType: shown.mediaType, size: shown.size, width: shown.width,
                height: shown.height)
        }
        guard self.type.isImage, self.failure == nil else { return nil }
        return SentImage(
            file: self.stored, name: self.name, mediaType: self.type.mediaType, size: self.size,
            width: self.pixels?.width, height: self.pixels?.height)
    }
}

extension ReceivedFile {
    /// It as it is kept with its message. Its name in the directory has the numbers of the message and of the file first.
    package var sent: SentFile {
        let image = self.image
        return SentFile(
            number: self.stored.split(separator: "-").dropFirst().first.flatMap { Int($0) } ?? 0,
            file: image?.file ?? self.stored, name: self.name, mediaType: image?.mediaType ?? self.shownType,
            size: self.size)
    }
}

/// Why a file could not be received.
package struct FileFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// A clause.
    package let reason: String

    package init(reason: String) { self.reason = reason }

    package var description: String { self.reason }

    static func tooLarge(_ limit: Int) -> FileFailure {
        FileFailure(reason: FileTexts.tooLarge(limit: limit))
    }
}
