/// Merges two changed versions of a tree by paths: a file that one side changed is taken from it, one that both changed
/// in different ways is a conflict. Contents are not merged.
struct TreeMerge {
    /// The paths of conflicts that are named at most.
    static let mostNamed = 100

    private let store: GitObjects
    private let unheld: UnheldFiles
    /// Files that both sides changed, the first ``mostNamed``.
    private(set) var conflicts: [String] = []

    /// - Parameter fileBytes: `ours` is of a folder that has no larger files: there, none of them was removed.
    init(store: GitObjects, fileBytes: Int) {
        self.store = store
        self.unheld = UnheldFiles(store: store, fileBytes: fileBytes)
    }

    /// The merged tree, in which a conflict is as in `ours`; nil without files.
    mutating func merge(
        base: ObjectKey?, ours: ObjectKey?, theirs: ObjectKey?, path: [UInt8] = [], depth: Int = 0
    ) throws(GitError) -> ObjectKey? {
        if theirs == base { return ours }
        if ours == base || ours == theirs { return theirs }
        guard depth < 256 else {
            self.note(path)
            return ours
        }
        let sides = try (self.items(base), self.items(ours), self.items(theirs))
        let names = Set(sides.0.keys).union(sides.1.keys).union(sides.2.keys)
        var items: [TreeItem] = []
        for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let place = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
            let item = try self.item(sides.0[name], sides.1[name], sides.2[name], name, place, depth)
            if let item { items.append(item) }
        }
        return items.isEmpty ? nil : try self.store.write(TreeItem.serialised(items), .tree)
    }

    private mutating func item(
        _ base: TreeItem?, _ ours: TreeItem?, _ theirs: TreeItem?, _ name: [UInt8], _ path: [UInt8], _ depth: Int
    ) throws(GitError) -> TreeItem? {
        if theirs == base { return ours }
        if ours == base || ours == theirs { return theirs }
        if ours == nil, let base, try self.unheld.covers(base) { return theirs }
        let all = [base, ours, theirs].compactMap(\.self)
        // A workspace has no files of submodules.
        if all.contains(where: { $0.kind == .submodule }) { return ours }
        guard all.allSatisfy({ $0.kind == .folder }) else {
            self.note(path)
            return ours
        }
        let key = try self.merge(
            base: base?.key, ours: ours?.key, theirs: theirs?.key, path: path, depth: depth + 1)
        return key.map { TreeItem(kind: .folder, name: name, key: $0) }
    }

    private func items(_ key: ObjectKey?) throws(GitError) -> [[UInt8]: TreeItem] {
        Dictionary(try self.store.tree(key).map { ($0.name, $0) }) { first, _ in first }
    }

    private mutating func note(_ path: [UInt8]) {
        guard self.conflicts.count < Self.mostNamed else { return }
        self.conflicts.append(GitName.printable(String(decoding: path, as: UTF8.self)))
    }
}
