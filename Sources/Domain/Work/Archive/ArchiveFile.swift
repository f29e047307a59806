internal import Compression
internal import Crypto
internal import EventLoop
internal import Git
internal import Glibc
internal import Objects
internal import Primitives

/// Writes one `.tar.gz` file. Blocking, so on a thread that all archives share.
actor ArchiveFile {
    static let thread = ThreadExecutor(name: "archive")
    nonisolated var unownedExecutor: UnownedSerialExecutor { Self.thread.asUnownedSerialExecutor() }

    private let path: String
    private var number: Int32 = -1
    private var gzip = Gzip()
    private let digest = SHA256()
    private var size = 0

    private static let pieceSize = 256 << 10
    private static let ending = ".tar.gz.part"
    /// Seconds.
    private static let oldAge = 86_400

    /// - Parameter path: Of the draft; a file that is there is replaced.
    init(_ path: String) {
        self.path = path
    }

    deinit { if self.number >= 0 { close(self.number) } }

    func begin() throws {
        // A crash may have left some.
        unlink(self.path)
        self.removeOld()
        self.number = open(self.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard self.number >= 0 else { throw self.failure() }
    }

    /// Removes drafts that a crash has left. Those that another process writes are younger.
    private func removeOld() {
        guard let slash = self.path.lastIndex(of: "/") else { return }
        let folder = self.path[..<slash]
        for name in FolderTree.names(in: String(folder)) where name.hasPrefix(".") && name.hasSuffix(Self.ending) {
            var facts = stat()
            guard lstat("\(folder)/\(name)", &facts) == 0, facts.st_mtim.tv_sec < time(nil) - Self.oldAge else {
                continue
            }
            unlink("\(folder)/\(name)")
        }
    }

    func add(_ entry: ArchiveEntry) async throws {
        guard case .file(let size, let open) = entry.content else { return try self.compress(Tar.header(entry)) }
        if let size {
            try await self.add(entry, size: size, try await open())
        } else {
            let (count, pieces) = try await self.collected(try await open())
            try await self.add(entry, size: count, pieces)
        }
    }

    /// Makes the file complete and durable, and returns its size and its SHA-256.
    func finish() throws -> (size: Int, digest: [UInt8]) {
        try self.compress(Tar.end)
        try self.gzip.finish(self.write)
        guard fsync(self.number) == 0 else { throw self.failure() }
        close(self.number)
        self.number = -1
        return (self.size, self.digest.finish())
    }

    /// Removes the file.
    func discard() {
        if self.number >= 0 { close(self.number) }
        self.number = -1
        unlink(self.path)
    }

    private func add(_ entry: ArchiveEntry, size: Int, _ pieces: ArchiveEntry.Pieces) async throws {
        try self.compress(Tar.header(entry, size: size))
        var left = size
        while left > 0, let piece = try await pieces() {
            try self.compress(piece.count > left ? Array(piece[..<left]) : piece)
            left -= piece.count
        }
        guard left <= 0 else {
            throw WorkspaceFailure(
                "the session was not archived, because \(String(decoding: entry.path, as: UTF8.self)) became shorter while it was read: "
                    + "stop what still runs in the session, and archive it again")
        }
        try self.compress(Tar.padding(size))
    }

    /// Collects a file of unknown size in one without a name.
    private func collected(_ pieces: ArchiveEntry.Pieces) async throws -> (Int, ArchiveEntry.Pieces) {
        let file: LocalFile
        var count = 0
        do {
            file = try await LocalFile(unnamedBeside: self.path)
            while let piece = try await pieces() {
                try self.checkRoom(piece.count)
                try await file.append(piece)
                count += piece.count
            }
        } catch let error as SystemError {
            throw WorkspaceFailure.archive("\(error)", "free some space, and check its owner")
        }
        let position = Protected(0)
        return (
            count,
            {
                let start = position.withLock { $0 }
                let piece = try await file.read(at: start, upTo: Self.pieceSize)
                position.withLock { $0 += piece.count }
                return piece.isEmpty ? nil : piece
            }
        )
    }

    private func compress(_ bytes: [UInt8]) throws {
        try Task.checkCancellation()
        try self.gzip.compress(bytes, self.write)
    }

    /// Leaves the disk's reserve free.
    private func checkRoom(_ count: Int) throws {
        guard count > DiskRoom(path: self.path).bytes else { return }
        throw WorkspaceFailure.archive(
            "\(self.path) cannot be written: the disk is almost full", "free some space")
    }

    private func write(_ bytes: [UInt8]) throws {
        try self.checkRoom(bytes.count)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(self.number, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw self.failure() }
            written += count
        }
        self.digest.update(bytes)
        self.size += bytes.count
    }

    private func failure() -> WorkspaceFailure {
        .archive(
            "\(self.path) cannot be written: \(String(cString: strerror(errno)))",
            "free some space, and check its owner")
    }
}

extension WorkspaceFailure {
    /// The session is not archived.
    static func archive(_ reason: String, _ advice: String) -> WorkspaceFailure {
        WorkspaceFailure("the session was not archived, because \(reason): \(advice), then archive it again")
    }
}

extension Tar {
    /// The header of an entry. `size` is that of a file's content.
    static func header(_ entry: ArchiveEntry, size: Int = 0) -> [UInt8] {
        let (kind, target): (Kind, [UInt8]) =
            switch entry.content {
            case .folder: (.folder, [])
            case .link(let target): (.link, target)
            case .file: (.file, [])
            }
        return self.header(
            kind, path: entry.path, target: target, mode: entry.mode, size: size, modified: entry.modified)
    }
}
