/// One entry of an archive.
package struct ArchiveEntry: Sendable {
    /// Returns a file's bytes in pieces, and nil at the end.
    package typealias Pieces = @Sendable () async throws -> [UInt8]?

    package enum Content: Sendable {
        case folder
        /// A symbolic link, whose target is stored as it is and never followed.
        case link(target: [UInt8])
        /// A file. With a size, the bytes are cut there, and fewer are an error: the file changed while it was read.
        /// Without one, they are first collected on disk to learn it.
        case file(size: Int?, open: @Sendable () async throws -> Pieces)
    }

    /// Relative, without `.` and `..`, separated by `/`. Names of a workspace need not be UTF-8.
    package let path: [UInt8]
    /// The permission bits.
    package let mode: Int
    /// Seconds since 1970.
    package let modified: Int64
    package let content: Content

    package init(path: String, mode: Int, modified: Int64, content: Content) {
        self.init(path: Array(path.utf8), mode: mode, modified: modified, content: content)
    }

    package init(path: [UInt8], mode: Int, modified: Int64, content: Content) {
        self.path = path
        self.mode = mode
        self.modified = modified
        self.content = content
    }

    /// A small file from memory.
    package init(path: String, modified: Int64, bytes: [UInt8]) {
        self.init(
            path: path, mode: 0o600, modified: modified,
            content: .file(size: bytes.count) {
                let rest = ArchiveBytes(bytes)
                return { await rest.take() }
            })
    }
}

/// Bytes that are read once.
private actor ArchiveBytes {
    private var bytes: [UInt8]?

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func take() -> [UInt8]? {
        defer { self.bytes = nil }
        return self.bytes
    }
}

/// Where an archive's entries come from.
package protocol ArchiveSource: Sendable {
    /// Passes every entry to `add`, a folder before what is in it. The files must not change until it returns. An error of
    /// `add` must be passed on.
    func entries(_ add: (ArchiveEntry) async throws -> Void) async throws
}
