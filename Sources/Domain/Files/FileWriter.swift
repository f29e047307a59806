internal import Glibc
internal import Primitives

/// Writes one file piece by piece next to its final path and moves it there when it is complete. Blocking, so on a
/// thread that all writers and ``FileStore`` share.
package actor FileWriter {
    static let thread = ThreadExecutor(name: "files")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { Self.thread.asUnownedSerialExecutor() }

    /// Stores a complete file elsewhere too.
    typealias Publisher = @Sendable (_ path: String) async throws -> Void

    private let publish: Publisher?
    private let directory: String
    private let path: String
    private let draft: String
    private let limit: Int
    private var number: Int32 = -1
    private(set) var size = 0
    /// The beginning, to determine the type, and all of a small text.
    private(set) var head: [UInt8] = []

    /// - Parameters:
    ///   - directory: created if missing, like its parent; both private to the owner.
    ///   - draft: the name until it is complete; needed where two writers may have the same name.
    ///   - publish: called with the complete file; if it throws, the file is not kept.
    init(_ name: String, in directory: String, limit: Int, draft: String?, publish: Publisher?) {
        self.publish = publish
        self.directory = directory
        self.path = "\(directory)/\(name)"
        self.draft = "\(directory)/\(draft ?? "\(name).part")"
        self.limit = limit
    }

    deinit { if self.number >= 0 { Glibc.close(self.number) } }

    package func open() throws {
        if let end = self.directory.lastIndex(of: "/") { mkdir(String(self.directory[..<end]), 0o700) }
        mkdir(self.directory, 0o700)
        // A crash may have left one.
        unlink(self.draft)
        self.number = Glibc.open(self.draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard self.number >= 0 else { throw Self.failure }
    }

    package func write(_ bytes: [UInt8]) throws {
        guard self.size + bytes.count <= self.limit else { throw FileFailure.tooLarge(self.limit) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(self.number, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure }
            written += count
        }
        self.size += bytes.count
        if self.head.count <= FileListing.textLimit {
            self.head += bytes.prefix(FileListing.textLimit + 1 - self.head.count)
        }
    }

    /// Moves the file to its place. Returns its path.
    package func finish() async throws -> String {
        guard fsync(self.number) == 0, rename(self.draft, self.path) == 0 else { throw Self.failure }
        self.close()
        try Self.sync(self.directory)
        do {
            try await self.publish?(self.path)
        } catch {
            unlink(self.path)
            throw error
        }
        return self.path
    }

    /// Without this a crash of the machine could undo the move.
    private static func sync(_ directory: String) throws {
        let number = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw Self.failure }
        defer { Glibc.close(number) }
        guard fsync(number) == 0 else { throw Self.failure }
    }

    /// Removes the unfinished file.
    package func discard() {
        self.close()
        unlink(self.draft)
    }

    private func close() {
        if self.number >= 0 { Glibc.close(self.number) }
        self.number = -1
    }

    private static var failure: FileFailure {
        FileFailure(reason: FileTexts.notStored(String(cString: strerror(errno))))
    }
}
