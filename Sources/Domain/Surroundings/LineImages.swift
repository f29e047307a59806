package import Chat

/// The images of what a question points at, which its turn gets with its own.
package enum LineImages {
    private static let limit = 4

    /// Those to be fetched: of the root and of what the question replies to or forwards.
    package static func attachments(of lines: [TurnLine]) -> [Attachment] {
        let images = lines.filter { $0.said.relation != .said }.flatMap(\.said.attachments).filter(Self.isImage)
        return Array(images.prefix(Self.limit))
    }

    /// As far as it is known before it is fetched.
    private static func isImage(_ file: Attachment) -> Bool {
        if let type = file.mediaType { return type.hasPrefix("image/") }
        let name = file.name.lowercased()
        return [".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".bmp"].contains {
            name.hasSuffix($0)
        }
    }

    /// Makes the name of its file unique.
    ///
    /// - Parameter message: The question's number.
    package static func number(_ index: Int, of message: Int64?) -> String { "\(message ?? 0)-beside-\(index + 1)" }

    /// Whether it came with a line, not with the question.
    package static func isOfLine(_ image: SentImage) -> Bool { image.file.contains("-beside-") }
}
