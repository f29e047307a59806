internal import Glibc
internal import Primitives

/// A regular file that is held open, read in pieces.
package final class OpenFile: Sendable {
    private let file: FileDescriptor
    /// Bytes, when it was opened.
    package let size: Int
    /// The permission bits.
    package let mode: Int
    /// Seconds since 1970.
    package let modified: Int64

    init?(_ file: consuming FileDescriptor) {
        guard let facts = Folder.facts(of: file.rawValue), facts.kind == .file else { return nil }
        self.size = Int(facts.size)
        self.mode = Int(facts.mode & 0o7777)
        self.modified = facts.modified / 1_000_000_000
        self.file = file
    }

    /// Up to `count` bytes at a position; fewer only at the end of the file. Nil when they can't be read. Blocks.
    func read(at start: Int, upTo count: Int) -> [UInt8]? {
        var isFailed = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = unsafe pread(
                    self.file.rawValue, buffer.baseAddress?.advanced(by: filled), count - filled, start + filled)
                if got < 0, errno == EINTR { continue }
                if got < 0 { isFailed = true }
                if got <= 0 { return }
                filled += got
            }
        }
        return isFailed ? nil : bytes
    }
}
