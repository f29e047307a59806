internal import Chat

/// Fetches the files that came with a question into the directory of their session.
struct FileIntake: Sendable {
    let adapter: any FileAdapter
    /// The session's directory.
    let directory: String
    /// The most bytes that a file may have.
    let limit: Int

    /// Fetches one file. Throws ``FileFailure``, or `CancellationError`.
    ///
    /// - Parameter number: makes its name unique in the directory; the same for a repeat.
    func fetch(_ attachment: Attachment, number: String) async throws -> ReceivedFile {
        let name = FileName.sanitized(attachment.name)
        if let size = attachment.size, size > self.limit { throw FileFailure.tooLarge(self.limit) }
        let writer = FileWriter("\(number)-\(name)", in: self.directory, limit: self.limit)
        do {
            try await writer.open()
            try await self.adapter.download(attachment) { bytes in try await writer.write(bytes) }
            try Task.checkCancellation()
            let head = await writer.head
            let type = FileType.sniff(head)
            guard !type.contradicts(name: name, mediaType: attachment.mediaType) else {
                throw FileFailure(reason: "the network sent a web page in its place")
            }
            let size = await writer.size
            let text = type.isText && size <= FileListing.textLimit ? String(validating: head, as: UTF8.self) : nil
            return ReceivedFile(
                name: name, path: try await writer.finish(), type: type, claimedType: attachment.mediaType, size: size,
                text: text ?? "")
        } catch {
            await writer.discard()
            throw Self.told(error)
        }
    }

    private static func told(_ error: any Error) -> any Error {
        switch error {
        case let error as AdapterError: FileFailure(reason: error.message)
        case is FileFailure, is CancellationError: error
        default: FileFailure(reason: "\(error)")
        }
    }
}
