internal import Glibc
internal import Primitives

/// An open file, read in pieces on the archives' thread.
actor ArchiveInput {
    nonisolated var unownedExecutor: UnownedSerialExecutor { ArchiveFile.thread.asUnownedSerialExecutor() }

    private let number: Int32
    private let name: String
    /// Of an `open` that failed.
    private let code: Int32

    init(owning number: Int32, name: String) {
        self.code = number < 0 ? errno : 0
        self.number = number
        self.name = name
    }

    init(_ path: String) {
        self.init(owning: open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), name: path)
    }

    deinit { if self.number >= 0 { close(self.number) } }

    func append(_ bytes: [UInt8]) throws {
        try self.check()
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(self.number, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(self.name, errno) }
            written += count
        }
    }

    /// Up to `count` bytes; fewer only at the end of the file.
    func read(at start: Int, upTo count: Int) throws -> [UInt8] {
        try self.check()
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(self.number, buffer.baseAddress?.advanced(by: filled), count - filled, start + filled)
                if got < 0, errno == EINTR { continue }
                guard got >= 0 else { throw Self.failure(self.name, errno) }
                if got == 0 { return }
                filled += got
            }
        }
    }

    private func check() throws {
        if self.number < 0 { throw Self.failure(self.name, self.code) }
    }

    private static func failure(_ name: String, _ code: Int32) -> WorkspaceFailure {
        .archive("\(name) cannot be used: \(String(cString: strerror(code)))", "free some space, and check its owner")
    }
}
