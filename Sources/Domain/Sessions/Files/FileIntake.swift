internal import Chat

/// Fetches the files that came with a question into the directory of their session.
struct FileIntake: Sendable {
    let adapter: any DownloadingAdapter
    let files: any FileStore
    let session: String
    /// The maximum size of a file, in bytes.
    let limit: Int
    let room: FileRoom

    /// Fetches one file. Throws ``FileFailure``, or `CancellationError`.
    ///
    /// - Parameter number: makes the name unique in the directory; a retry uses the same one.
    func fetch(_ attachment: Attachment, number: String) async throws -> ReceivedFile {
        let name = FileName.sanitized(attachment.name)
        if let size = attachment.size, size > self.limit { throw FileFailure.tooLarge(self.limit) }
        let writer = self.files.writer("\(number)-\(name)", in: self.session, limit: self.limit)
        do {
            try await writer.open()
            try await self.adapter.download(attachment) { bytes in
                try self.room.take(bytes.count)
                try await writer.write(bytes)
            }
            try Task.checkCancellation()
            let head = await writer.head
            let type = FileType.sniff(head)
            guard !type.contradicts(name: name, mediaType: attachment.mediaType) else {
                throw FileFailure(reason: FileTexts.webPage)
            }
            let size = await writer.size
            let text = type.isText && size <= FileListing.textLimit ? String(validating: head, as: UTF8.self) : nil
            let path = try await writer.finish()
            try await self.room.keep()
            return ReceivedFile(
                name: name, path: path, type: type, claimedType: attachment.mediaType, size: size,
                text: text ?? "", pixels: ImagePixels(type, head: head))
        } catch {
            await writer.discard()
            throw Self.failure(error)
        }
    }

    private static func failure(_ error: any Error) -> any Error {
        switch error {
        case let error as AdapterError: FileFailure(reason: error.message)
        case is FileFailure, is CancellationError: error
        case let error as QuotaExceeded: FileFailure(reason: error.reason)
        default: FileFailure(reason: "\(error)")
        }
    }
}
