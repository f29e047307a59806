internal import Primitives

/// The folders of a workspace that its tree object does not show, because they have no files.
package struct EmptyFolders: Sendable, Hashable {
    /// Paths of folders with nothing in them, as `QuotedPath` writes them.
    package let paths: [String]
    /// Of the lines that record them, each with a key of 20 bytes before its path.
    private static let mostBytes = 64 << 10
    private static let keyBytes = 20
    private static let mostPaths = 1_000

    package init(paths: [String]) { self.paths = paths }

    /// Nil if there are more than are recorded.
    init?(_ folder: ScannedFolder) {
        var (paths, bytes) = ([String](), 0)
        let isComplete = folder.forEachEmpty { path, _ in
            let text = QuotedPath.text(of: path)
            bytes += text.utf8.count + Self.keyBytes
            guard bytes <= Self.mostBytes, paths.count < Self.mostPaths else { return false }
            paths.append(text)
            return true
        }
        guard isComplete else { return nil }
        self.paths = paths
    }

    /// The paths' bytes, with those of the folders that they are in.
    var withParents: Set<[UInt8]> {
        var all: Set<[UInt8]> = []
        for text in self.paths {
            var path = (QuotedPath.bytes(of: text) ?? Array(text.utf8))[...]
            while !path.isEmpty, all.insert(Array(path)).inserted {
                path = path.lastIndex(of: UInt8(ascii: "/")).map { path[..<$0] } ?? []
            }
        }
        return all
    }
}

/// Folders that a tree object does not show.
package struct UnrecordedFolders: Sendable, Hashable {
    /// Nil if that is unknown, or if there are too many.
    package let empty: EmptyFolders?
    /// The first folder that is nested too deep, and the limit.
    package let tooDeep: SkippedFile?

    package init(empty: EmptyFolders? = nil, tooDeep: SkippedFile? = nil) {
        self.empty = empty
        self.tooDeep = tooDeep
    }
}
