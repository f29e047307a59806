internal import Primitives

/// A regular file that is held open, read in pieces.
package final class OpenFile: Sendable {
    private let file: FileDescriptor
    /// When it was opened.
    let facts: FileFacts

    /// Bytes.
    package var size: Int { Int(self.facts.size) }
    /// The permission bits.
    package var mode: Int { Int(self.facts.mode & 0o7777) }
    /// Seconds since 1970.
    package var modified: Int64 { self.facts.modified / 1_000_000_000 }

    init?(_ file: consuming FileDescriptor) {
        guard let facts = Folder.facts(of: file.rawValue), facts.kind == .file else { return nil }
        self.facts = facts
        self.file = file
    }

    /// Up to `count` bytes at a position; fewer only at the end of the file. Nil when they can't be read. Blocks.
    func read(at start: Int, upTo count: Int) -> [UInt8]? {
        FileDescriptor.read(self.file.rawValue, at: start, upTo: count)
    }
}
