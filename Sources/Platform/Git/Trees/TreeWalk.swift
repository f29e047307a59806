/// Walks what differs between two trees, path by path and within limits, before anything else gets the trees.
///
/// What both have at the same path costs nothing. Keeps no level open: each pair of folders is read at once, and the
/// folders in it wait.
struct TreeWalk {
    /// Something at a path that differs; a folder comes before what is in it.
    struct Visit {
        let path: [UInt8]
        let old: TreeItem?
        let new: TreeItem?
        /// In bytes; nil for anything but a file, and when the limits do not need sizes.
        let oldSize: Int?
        let newSize: Int?

        var oldFile: LineCost.File? { LineCost.File(self.old, size: self.oldSize) }
        var newFile: LineCost.File? { LineCost.File(self.new, size: self.newSize) }

        /// Of the larger file.
        var size: Int? {
            guard let old = self.oldSize, let new = self.newSize else { return self.oldSize ?? self.newSize }
            return max(old, new)
        }

        /// Counts the bytes of files that were added or removed: they may be the same under another name.
        func adding(to sum: Int) -> Int {
            guard self.old == nil || self.new == nil, let size = self.size else { return sum }
            return min(sum, .max / 2) + min(size, .max / 4)
        }
    }

    private struct Pair {
        let old: ObjectKey?
        let new: ObjectKey?
        let path: [UInt8]
        let depth: Int
    }

    private let store: GitObjects
    private let limits: TreeLimits
    /// "the commit 1234567".
    private let subject: String
    /// Whether it ends when the task is cancelled.
    private let isCancellable: Bool
    private(set) var paths = 0
    /// Of the files that are not too large to be read.
    private(set) var bytes = 0
    private var pathBytes = 0
    private(set) var folderBytes = 0
    /// Of files, each of which may have any number of paths.
    private var sizes: [ObjectKey: Int] = [:]
    private(set) var lines: LineCost
    /// Paths, then names, by the last bits of their hashes; see ``countHashes(_:_:in:)``.
    private var hashes: [Int] = []
    private var collisions = 0

    /// - Parameter guessed: For several walks whose lines have one limit; see ``LineCost/guessed``.
    init(
        _ store: GitObjects, _ limits: TreeLimits, of subject: String, isCancellable: Bool = false,
        guessed: Double = 0
    ) {
        self.isCancellable = isCancellable
        self.store = store
        self.lines = LineCost(store, guessed: guessed)
        self.limits = limits
        self.subject = subject
    }

    /// Throws ``GitError/Code/tooLarge`` beyond the limits, which hold for all calls together, and what `visit` throws.
    mutating func compare(
        _ old: ObjectKey?, _ new: ObjectKey?, _ visit: (Visit) throws(GitError) -> Void = { _ in }
    ) throws(GitError) {
        guard old != new else { return }
        var waiting = [Pair(old: old, new: new, path: [], depth: 0)]
        while let pair = waiting.popLast() {
            if self.isCancellable, Task.isCancelled { throw GitError.cancelled }
            let (left, right) = try (self.open(pair.old), self.open(pair.new))
            let folder = pair.path.hashValue
            var (first, second) = try (left?.next(), right?.next())
            while first != nil || second != nil {
                let order = TreeItem.order(first, second)
                let (old, new) = (order <= 0 ? first : nil, order >= 0 ? second : nil)
                if order <= 0 { first = try left?.next() }
                if order >= 0 { second = try right?.next() }
                guard old != new, let name = (old ?? new)?.name else { continue }
                let path = pair.path.isEmpty ? name : pair.path + [UInt8(ascii: "/")] + name
                try self.countHashes(path, name, in: folder)
                try visit(self.count(path, old, new))
                let folders = (old: old?.folder, new: new?.folder)
                guard folders.old != nil || folders.new != nil else { continue }
                guard pair.depth + 1 < TreeLimits.depth else {
                    throw self.limits.error(self.subject, "has folders more than \(TreeLimits.depth) levels deep")
                }
                waiting.append(Pair(old: folders.old, new: folders.new, path: path, depth: pair.depth + 1))
            }
        }
    }

    private mutating func open(_ key: ObjectKey?) throws(GitError) -> TreeReader? {
        guard let key else { return nil }
        // Before it is read: its bytes may be many more than those of the pack that it comes from.
        let size = try self.store.header(key, .tree)
        guard size <= TreeLimits.folderBytes, size <= self.limits.folderBytes - self.folderBytes else {
            throw self.limits.error(self.subject, "has folders with too many files to read")
        }
        self.folderBytes += size
        return try TreeReader(key, in: self.store)
    }

    /// The library keeps all paths of a merge or an index in one table, and the names of a folder that it writes in
    /// another one. Anybody can compute the hashes (31 × h + byte), and so make hundreds of thousands of files that it
    /// finds only one after the other. It uses at least the last 16 bits where there are many; of 500,000 usual paths,
    /// 3,000,000 pairs have those in common.
    private mutating func countHashes(_ path: [UInt8], _ name: [UInt8], in folder: Int) throws(GitError) {
        guard self.paths > 4_096 else { return }
        if self.hashes.isEmpty { self.hashes = [Int](repeating: 0, count: 2 << 16) }
        var (whole, last): (UInt32, UInt32) = (0, 0)
        for byte in path {
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            whole = whole &* 31 &+ UInt32(isUpper ? byte | 0x20 : byte)
        }
        // As the library reads a name's byte here: with a sign where those of C have one.
        for byte in name { last = last &* 31 &+ UInt32(bitPattern: Int32(CChar(truncatingIfNeeded: byte))) }
        // Each folder has a table of its own.
        last &+= UInt32(truncatingIfNeeded: folder)
        for place in [Int(whole & 0xFFFF), Int(last & 0xFFFF) + 0x1_0000] {
            self.collisions += self.hashes[place]
            self.hashes[place] += 1
        }
        guard self.collisions <= 50_000_000 else {
            throw self.limits.error(self.subject, "has too many names with the same hash")
        }
    }

    private mutating func count(_ path: [UInt8], _ old: TreeItem?, _ new: TreeItem?) throws(GitError) -> Visit {
        self.paths += 1
        self.pathBytes += path.count
        guard self.paths <= self.limits.paths, self.pathBytes <= self.limits.pathBytes else {
            throw self.limits.tooManyPaths(self.subject)
        }
        guard let limit = self.limits.bytes else {
            return Visit(path: path, old: old, new: new, oldSize: nil, newSize: nil)
        }
        let sizes = try (old: self.size(of: old), new: self.size(of: new))
        for size in [sizes.old, sizes.new] {
            guard let size, size <= self.limits.fileBytes else { continue }
            guard size <= limit - self.bytes else { throw self.limits.tooManyBytes(self.subject) }
            self.bytes += size
        }
        if self.limits.comparesLines {
            guard try self.lines.add(self.readable(old, sizes.old), self.readable(new, sizes.new)) else {
                throw self.limits.tooManyLines(self.subject)
            }
        }
        return Visit(path: path, old: old, new: new, oldSize: sizes.old, newSize: sizes.new)
    }

    /// The file, if it is small enough to be read.
    private func readable(_ item: TreeItem?, _ size: Int?) -> LineCost.File? {
        size ?? 0 <= self.limits.fileBytes ? LineCost.File(item, size: size) : nil
    }

    private mutating func size(of item: TreeItem?) throws(GitError) -> Int? {
        guard let item, item.isContent else { return nil }
        if let known = self.sizes[item.key] { return known }
        let size = try self.store.header(item.key, .blob)
        self.sizes[item.key] = size
        return size
    }
}
