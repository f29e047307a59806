package import Chat
internal import People
internal import Primitives

/// Brings the files of a question into the directory of their session.
package struct FileIntake: Sendable {
    let files: any FileStore
    let session: String

    package init(files: any FileStore, session: String) {
        self.files = files
        self.session = session
    }

    /// Fetches a file from its network. Throws ``FileFailure``, or `CancellationError`.
    ///
    /// - Parameters:
    ///   - number: makes the name unique in the directory; a retry uses the same one.
    ///   - limit: The maximum size, in bytes.
    package func fetch(
        _ attachment: Attachment, number: String, from adapter: any FileAdapter, limit: Int, room: FileRoom
    ) async throws -> ReceivedFile {
        if let size = attachment.size, size > limit { throw FileFailure.tooLarge(limit) }
        let stored = Self.name(of: attachment, number)
        let writer = self.files.writer(stored, in: self.session, limit: limit)
        do {
            try await writer.open()
            try await adapter.download(attachment) { bytes in
                try room.take(bytes.count)
                try await writer.write(bytes)
            }
            try Task.checkCancellation()
            let file = try Self.file(attachment, stored: stored, head: await writer.head, size: await writer.size)
            _ = try await writer.finish()
            try await room.keep()
            return file
        } catch {
            await writer.discard()
            throw Self.failure(error)
        }
    }

    /// Takes over a file that was uploaded ahead of its message, and has counted since then. Throws ``FileFailure``.
    ///
    /// - Parameters:
    ///   - upload: its name in the directory.
    ///   - number: see ``fetch(_:number:from:limit:room:)``.
    package func take(_ attachment: Attachment, from upload: String, number: String) async throws -> ReceivedFile {
        let stored = Self.name(of: attachment, number)
        // Not there if a crash came after this.
        if try await self.files.files(prefix: upload, in: self.session).contains(where: { $0.name == upload }) {
            try await self.files.rename(upload, to: stored, in: self.session)
        }
        let beginning = FileBeginning()
        guard try await self.files.pass(stored, in: self.session, to: { await beginning.add($0) }) else {
            throw FileFailure(reason: FileTexts.expired)
        }
        return try Self.file(attachment, stored: stored, head: await beginning.head, size: await beginning.size)
    }

    private static func name(of attachment: Attachment, _ number: String) -> String {
        "\(number)-\(FileName.sanitized(attachment.name))"
    }

    private static func file(
        _ attachment: Attachment, stored: String, head: [UInt8], size: Int
    ) throws -> ReceivedFile {
        let name = FileName.sanitized(attachment.name)
        let type = FileType.sniff(head)
        guard !type.contradicts(name: name, mediaType: attachment.mediaType) else {
            throw FileFailure(reason: FileTexts.webPage)
        }
        let text = type.isText && size <= FileListing.textLimit ? String(validating: head, as: UTF8.self) : nil
        return ReceivedFile(
            name: name, stored: stored, type: type, claimedType: attachment.mediaType, size: size,
            text: StreamSafeText.of(text ?? ""),
            pixels: ImagePixels(type, head: head), hasNotes: ImageNotes.areIn(head, of: type))
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

/// The beginning of a file that is read piece by piece: enough to determine its type, and all of a small text.
private actor FileBeginning {
    private(set) var size = 0
    private(set) var head: [UInt8] = []

    func add(_ bytes: [UInt8]) {
        self.size += bytes.count
        self.head += bytes.prefix(max(0, FileListing.textLimit + 1 - self.head.count))
    }
}
