package import Chat
internal import Crypto
package import Objects

/// Files that arrive ahead of their message. Each waits on disk, in the folder of its session, until the person's next
/// message takes it; the file's name says whose it is, so a restart loses none.
package struct Uploads: Sendable {
    /// The maximum that waits for one message, and that is fetched for one.
    package static let count = 16
    /// Files of a session, with those of its messages. Each upload costs a look at all of them.
    package static let sessionCount = 2_000

    /// The default of ``limit``, in bytes.
    package static let usualLimit = 20 << 20

    /// The maximum size of a file, in bytes.
    package let limit: Int
    private let store: any FileStore

    /// - Parameters:
    ///   - directory: see ``BridgeSettings/filesDirectory``.
    ///   - objects: see ``BridgeSettings/objects``.
    package init(
        directory: String, objects: (any ObjectStore)? = nil, limit: Int = Uploads.usualLimit
    ) {
        self.limit = limit
        self.store = FileStores.make(directory: directory, objects: objects)
    }

    /// Stores a file durably. One of the same name that still waits is replaced, so repeating a request is harmless.
    ///
    /// Throws ``UploadFailure``, ``QuotaExceeded`` and the errors of reading `body`.
    package func receive<Body: AsyncSequence>(
        _ body: Body, named name: String, in session: String, from person: String, into room: FileRoom? = nil
    ) async throws -> Upload where Body.Element == [UInt8] {
        guard Self.isAllowed(name) else { throw UploadFailure.badName }
        let kept = FileName.sanitized(name)
        let owned = Self.waiting(of: person)
        do {
            let files = try await self.store.files(prefix: "", in: session)
            guard files.count < Self.sessionCount else { throw UploadFailure.sessionIsFull }
            try Self.checkCount(files, owned, adding: kept)
        } catch let failure as FileFailure {
            throw UploadFailure.notStored(failure.reason)
        }
        let writer = self.store.writer(
            owned + kept, in: session, limit: self.limit,
            draft: UploadName.draft + Crypto.hex(Crypto.randomBytes(8)))
        do {
            try await writer.open()
            var size = 0
            for try await piece in body {
                size += piece.count
                guard size <= self.limit else { throw UploadFailure.tooLarge }
                try room?.take(piece.count)
                try await writer.write(piece)
            }
            // Others may have arrived meanwhile.
            let waiting = try await self.store.files(prefix: owned, in: session)
            try Self.checkCount(waiting, owned, adding: kept)
            let type = FileType.sniff(await writer.head)
            _ = try await writer.finish()
            try await room?.keep()
            return Upload(name: kept, size: size, mediaType: type.mediaType)
        } catch {
            await writer.discard()
            if let failure = error as? FileFailure { throw UploadFailure.notStored(failure.reason) }
            throw error
        }
    }

    /// The files that a person's message takes, in the order of their arrival. Throws ``UploadFailure`` if that cannot be
    /// found out.
    ///
    /// - Parameter event: the message's event. Taking again for the same event returns the same files.
    package func take(from person: String, in session: String, for event: String) async throws -> [Attachment] {
        let (owned, taken) = (Self.waiting(of: person), UploadName.taken + "\(event).")
        do {
            let files = try await self.store.files(prefix: UploadName.upload, in: session)
            // A repeated request must not take what has arrived since.
            var mine = files.filter { $0.name.hasPrefix(taken) }
            if mine.isEmpty {
                for file in files where file.name.hasPrefix(owned) {
                    let name = taken + file.name.dropFirst(owned.count)
                    try await self.store.rename(file.name, to: name, in: session)
                    mine.append((name, file.size))
                }
            }
            return mine.map { file in
                let name = String(file.name.dropFirst(taken.count))
                return Attachment(
                    id: "\(session)/\(file.name)", name: name, size: file.size, isVoice: SpokenWords.isSound(name))
            }
        } catch let failure as FileFailure {
            throw UploadFailure.notStored(failure.reason)
        }
    }

    /// Lets the files that `event` has taken wait for another message. Those that cannot be reached now expire.
    package func putBack(from person: String, in session: String, for event: String) async {
        let taken = UploadName.taken + "\(event)."
        for file in (try? await self.store.files(prefix: taken, in: session)) ?? [] {
            let name = Self.waiting(of: person) + file.name.dropFirst(taken.count)
            try? await self.store.rename(file.name, to: name, in: session)
        }
    }

    /// The name of a file that a message of a session has taken; nil for one that its network still has.
    package static func name(of attachment: Attachment, in session: String) -> String? {
        let start = "\(session)/"
        let name = attachment.id.dropFirst(start.count)
        return attachment.id.hasPrefix(start) && name.hasPrefix(UploadName.taken) ? String(name) : nil
    }

    /// Removes files that have waited too long at `now` (milliseconds since 1970).
    package func expire(at now: Int64) async throws { try await self.store.removeUploads(expiredAt: now) }

    private static func checkCount(
        _ files: [(name: String, size: Int)], _ owned: String, adding name: String
    ) throws(UploadFailure) {
        let others = files.count { $0.name.hasPrefix(owned) && $0.name != owned + name }
        guard others < Self.count else { throw .tooMany }
    }

    private static func waiting(of person: String) -> String {
        UploadName.waiting + Crypto.hex(Crypto.sha256(person)).prefix(16) + "."
    }

    /// Whether it is a plain file name rather than a path; odd letters in it are replaced later.
    private static func isAllowed(_ name: String) -> Bool {
        let scalars = name.unicodeScalars
        return !name.isEmpty && name.utf8.count <= 255 && name != "." && name != ".."
            && !scalars.contains { $0 == "/" || $0 == "\\" || $0.properties.generalCategory == .control }
    }
}

/// How the names of files begin that are not received files of a turn.
package enum UploadName {
    /// All those of uploads.
    static let upload = "upload-"
    /// A conversation as a file.
    package static let export = "sent-export-"
    /// Still arriving.
    static let draft = "upload-part."
    /// For the person's next message; the person's hash follows.
    static let waiting = "upload-waiting."
    /// Attached to a message; its event follows.
    static let taken = "upload-taken."

    /// Milliseconds that a file waits for a message, or a part for its end.
    static let waitingTime: Int64 = 24 * 3_600_000
    /// Milliseconds that an attached file is kept for its turn, which gives it another name.
    static let takenTime: Int64 = 7 * waitingTime
}
