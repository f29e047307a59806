/// Finds what many trees have at some paths. Most of the trees share most of their folders, and no folder is read
/// twice; what is read counts as effort.
final class PathLookup {
    /// What a tree or folder itself counts, in results or entries.
    private static let overhead = 20

    private let store: GitObjects
    private let effort: HistoryEffort
    private let limit: Int
    private let paths: [[[UInt8]]]
    /// Of all folders and files in the paths.
    private let wanted: Set<[UInt8]>
    private let lengths: Set<Int>
    private(set) var trees: [ObjectKey: [TreeItem?]] = [:]
    private(set) var folders: [ObjectKey: [[UInt8]: TreeItem]] = [:]
    /// What ``folders`` counts.
    private var folderEntries = 0

    /// - Parameter limit: Results that are remembered of all trees, each of which has one for each path, and entries that
    ///   are remembered of all folders.
    init(_ store: GitObjects, _ paths: [String], _ effort: HistoryEffort, remembering limit: Int = 200_000) {
        self.limit = limit
        self.store = store
        self.effort = effort
        self.paths = paths.map { path in path.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) } }
        self.wanted = Set(self.paths.joined())
        self.lengths = Set(self.wanted.map(\.count))
    }

    /// What is at each of the paths below a tree: nil where nothing is, where a folder cannot be read, and once the
    /// effort is spent.
    func items(in tree: ObjectKey) throws(GitError) -> [TreeItem?] {
        if let known = self.trees[tree] { return known }
        var items: [TreeItem?] = []
        // Looking into what is remembered takes time, too.
        if try self.effort.take(self.paths.count * 64) {
            for path in self.paths { items.append(try self.item(at: path, in: tree)) }
        } else {
            items = self.paths.map { _ in nil }
        }
        if (self.trees.count + 1) * (self.paths.count + Self.overhead) > self.limit { self.trees.removeAll() }
        self.trees[tree] = items
        return items
    }

    /// The folder at the only path; nil where the tree has no folder there.
    func folder(in tree: ObjectKey) throws(GitError) -> ObjectKey? {
        let items = try self.items(in: tree)
        guard let item = items.first else { return nil }
        return item?.folder
    }

    /// The names of the first `limit` folders directly in one. Those that are too long for ``GitName/checkPath(_:)`` are
    /// left out.
    func names(in folder: ObjectKey, limit: Int) throws(GitError) -> [[UInt8]] {
        guard let reader = try self.reader(folder) else { return [] }
        var names: [[UInt8]] = []
        while names.count < limit {
            guard let item = try? reader.next() else { break }
            guard item.kind == .folder, item.name.count <= GitName.longestPart else { continue }
            names.append(Array(item.name))
        }
        return names
    }

    private func item(at path: [[UInt8]], in tree: ObjectKey) throws(GitError) -> TreeItem? {
        var folder = tree
        for (index, name) in path.enumerated() {
            let found = try self.entries(of: folder)[name]
            if index == path.count - 1 { return found }
            guard let next = found?.folder else { return nil }
            folder = next
        }
        return nil
    }

    private func entries(of folder: ObjectKey) throws(GitError) -> [[UInt8]: TreeItem] {
        if let known = self.folders[folder] { return known }
        var found: [[UInt8]: TreeItem] = [:]
        if let reader = try self.reader(folder) { found = reader.find(self.wanted, lengths: self.lengths) }
        self.folderEntries += found.count + Self.overhead
        if self.folderEntries > self.limit {
            self.folders.removeAll()
            self.folderEntries = found.count + Self.overhead
        }
        self.folders[folder] = found
        return found
    }

    /// Nil for a folder that cannot be read, and once the effort is spent.
    private func reader(_ folder: ObjectKey) throws(GitError) -> TreeReader? {
        guard !self.effort.isSpent, let size = try? self.store.header(folder, .tree), size <= TreeLimits.folderBytes
        else { return nil }
        let mayRead = try self.effort.take(size)
        guard mayRead else { return nil }
        return try? TreeReader(folder, in: self.store)
    }
}
