internal import Glibc

/// Removes a folder with everything in it, however deep, without following links.
enum FolderRemover {
    /// Deeper folders are moved to the top first, because each level costs a descriptor.
    private static let depth = 64

    /// The number of files that could not be removed.
    static func empty(_ top: borrowing Folder) -> Int {
        // Each pass removes a number of levels; a path can't have more than these passes remove.
        for _ in 0..<10_000 {
            let left = Self.pass(top, top, 0)
            if left.deferred == 0 { return left.failed }
        }
        return 1
    }

    private static func pass(
        _ folder: borrowing Folder, _ top: borrowing Folder, _ level: Int
    ) -> (failed: Int, deferred: Int) {
        var left = (failed: 0, deferred: 0)
        for name in folder.names(limit: .max) ?? [] {
            guard let facts = folder.facts(of: name) else { continue }
            guard facts.kind == .folder else {
                if folder.remove(name) != 0 { left.failed += 1 }
                continue
            }
            if level >= Self.depth {
                let place = Array("deep-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))".utf8)
                if folder.move(name, to: place, in: top) == 0 { left.deferred += 1 } else { left.failed += 1 }
                continue
            }
            if facts.mode & 0o700 != 0o700 { folder.unlock(name) }
            guard let child = folder.folder(name) else {
                left.failed += 1
                continue
            }
            let inner = Self.pass(child, top, level + 1)
            left.failed += inner.failed
            left.deferred += inner.deferred
            if folder.removeFolder(name) != 0, inner.failed == 0 { left.failed += 1 }
        }
        return left
    }
}
