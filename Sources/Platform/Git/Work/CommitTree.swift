internal import CGit2

/// Chooses from a scanned folder what a commit takes: everything that the branch has, and new files that no
/// `.gitignore` excludes.
struct CommitTree {
    private let store: ObjectStore
    private let unheld: UnheldFiles
    private var levels: [(depth: Int, rules: IgnoreRules)] = []

    /// - Parameter fileBytes: The folder has no larger files.
    init(store: ObjectStore, fileBytes: Int) {
        self.store = store
        self.unheld = UnheldFiles(store: store, fileBytes: fileBytes)
    }

    /// The tree to commit on `head`; nil without files. Throws ``GitError/Code/invalidName`` for a name that no commit
    /// may contain.
    mutating func tree(
        of folder: ScannedFolder, head: ObjectKey?, path: [[UInt8]] = [], isIgnored: Bool = false
    ) throws(GitError) -> ObjectKey? {
        let old = Dictionary(try self.store.tree(head).map { ($0.name, $0) }) { first, _ in first }
        if let file = folder.files.first(where: { $0.item.name == Self.ignoreFile && $0.item.kind != .link }),
            let bytes = try? self.store.read(file.item.key, .blob, limit: IgnoreRules.sizeLimit)
        {
            self.levels.append((path.count, IgnoreRules(bytes)))
        }
        defer { if self.levels.last?.depth == path.count { self.levels.removeLast() } }
        var items: [TreeItem] = []
        // Whether each is a folder.
        var names: [[UInt8]: Bool] = [:]
        for file in folder.files {
            let name = file.item.name
            let isKnown = old[name].map { $0.kind != .folder } ?? false
            guard isKnown || !(isIgnored || self.ignores(path + [name], isFolder: false)) else { continue }
            try Self.check(name, path)
            items.append(file.item)
            names[name] = false
        }
        for (name, child) in folder.folders {
            let known = old[name]
            if known?.kind == .submodule { continue }
            let isChildIgnored = isIgnored || self.ignores(path + [name], isFolder: true)
            guard !isChildIgnored || known?.kind == .folder else { continue }
            let key = try self.tree(
                of: child, head: known?.kind == .folder ? known?.key : nil, path: path + [name],
                isIgnored: isChildIgnored)
            guard let key else { continue }
            try Self.check(name, path)
            items.append(TreeItem(kind: .folder, name: name, key: key))
            names[name] = true
        }
        // What a scan can't see is unchanged: a submodule's place, a file that is too large.
        for (name, item) in old {
            let isFolder = names[name]
            if isFolder == nil, item.kind == .submodule || folder.unrecorded.contains(name) {
                items.append(item)
            } else if isFolder == nil || (isFolder == false && item.kind == .folder),
                let rest = try self.unheld.rest(of: item)
            {
                guard isFolder == nil else { throw Self.blocked(name, path) }
                items.append(rest)
            }
        }
        return items.isEmpty ? nil : try self.store.write(TreeItem.serialised(items), .tree)
    }

    private func ignores(_ path: [[UInt8]], isFolder: Bool) -> Bool {
        for (depth, rules) in self.levels.reversed() {
            if let verdict = rules.verdict(on: path[depth...], isFolder: isFolder) { return verdict }
        }
        return false
    }

    private static func blocked(_ name: [UInt8], _ path: [[UInt8]]) -> GitError {
        let shown = (path + [name]).map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
        return GitError(
            .invalidName,
            "the file \(GitName.printable(shown)) can't be committed because the branch has a folder of that name, with "
                + "files that are too large for the workspace: give it another name")
    }

    private static func check(_ name: [UInt8], _ path: [[UInt8]]) throws(GitError) {
        guard TreeItem.isSafe(name) else {
            let shown = (path + [name]).map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
            throw GitError(
                .invalidName,
                "\(GitName.printable(shown)) can't be committed because its name means .git: rename it, or ignore it")
        }
    }

    private static let ignoreFile = Array(".gitignore".utf8)
}
