internal import CGit2
internal import Primitives

/// Chooses from a scanned folder what a commit takes: everything that the branch has, and new files that no
/// `.gitignore` excludes.
struct CommitTree {
    private let store: GitObjects
    private let unheld: UnheldFiles
    private let settings: GitSettings?
    private let check: FilterCheck
    private let isChecked: Bool
    private var levels: [(depth: Int, rules: IgnoreRules)] = []
    private var attributes = AttributeRules()
    private let effort = RuleEffort()
    /// The paths of submodules whose folders have files, as `QuotedPath` writes them.
    private(set) var submodules: [String] = []

    /// - Parameters:
    ///   - fileBytes: The folder has no larger files.
    ///   - settings: Nil leaves all line ends as they are.
    ///   - isChecked: Whether a file is refused over which Git would run a program.
    init(store: GitObjects, fileBytes: Int, settings: GitSettings?, isChecked: Bool) {
        self.store = store
        self.settings = settings
        self.isChecked = isChecked
        self.check = FilterCheck(store: store, settings: settings ?? GitSettings())
        self.unheld = UnheldFiles(store: store, fileBytes: fileBytes)
    }

    /// The tree to commit on `head`; nil without files. Throws ``GitError/Code/invalidName`` for a name that no commit
    /// may contain.
    mutating func tree(
        of folder: ScannedFolder, head: ObjectKey?, path: [[UInt8]] = [], isIgnored: Bool = false
    ) throws(GitError) -> ObjectKey? {
        let old = Dictionary(try self.store.tree(head).map { ($0.name, $0) }) { first, _ in first }
        if let bytes = self.text(Self.ignoreFile, in: folder, limit: IgnoreRules.sizeLimit) {
            self.levels.append((path.count, IgnoreRules(bytes, self.effort)))
        }
        defer { if self.levels.last?.depth == path.count { self.levels.removeLast() } }
        if let bytes = self.text(AttributeRules.fileName, in: folder, limit: AttributeRules.sizeLimit) {
            self.attributes.enter(bytes, depth: path.count, self.effort)
        }
        defer { self.attributes.leave(depth: path.count) }
        var items: [TreeItem] = []
        // Whether each is a folder.
        var names: [[UInt8]: Bool] = [:]
        for file in folder.files {
            let name = file.item.name
            let isKnown = old[name].map { $0.kind != .folder } ?? false
            if !isKnown {
                if isIgnored { continue }
                if try self.ignores(path + [name], isFolder: false) { continue }
            }
            try Self.check(name, path)
            items.append(try self.committed(file.item, path + [name], old: old[name]))
            names[name] = false
        }
        for (name, child) in folder.folders {
            let known = old[name]
            if known?.kind == .submodule {
                if !child.files.isEmpty || !child.folders.isEmpty {
                    self.submodules.append(QuotedPath.text(of: Self.join(path + [name])))
                }
                continue
            }
            var isChildIgnored = isIgnored
            if !isIgnored { isChildIgnored = try self.ignores(path + [name], isFolder: true) }
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

    /// The content of a small file of a folder.
    private func text(_ name: [UInt8], in folder: ScannedFolder, limit: Int) -> [UInt8]? {
        guard let file = folder.files.first(where: { $0.item.name == name && $0.item.kind != .link }) else {
            return nil
        }
        return try? self.store.read(file.item.key, .blob, limit: limit)
    }

    /// A file as Git would commit it: with the line ends of the repository.
    private func committed(_ item: TreeItem, _ path: [[UInt8]], old: TreeItem?) throws(GitError) -> TreeItem {
        guard let settings = self.settings, item.kind != .link, old?.key != item.key else { return item }
        let attributes = try self.attributes.attributes(of: path, self.effort)
        var item = item
        if case .text(_, let isGuessed) = attributes.lineEnds(settings) {
            let bytes = try self.store.read(item.key, .blob, limit: .max)
            let narrow = LineEnds(bytes).narrowed(isGuessed: isGuessed) {
                guard let old, old.isContent, old.kind != .link else { return nil }
                return try? self.store.read(old.key, .blob, limit: self.unheld.fileBytes)
            }
            if let narrow {
                item = TreeItem(kind: item.kind, name: item.name, key: try self.store.write(narrow, .blob))
            }
        }
        if self.isChecked, old?.key != item.key, let reason = try self.check.obstacle(to: item, attributes) {
            throw GitError(.needsFilter, "\(GitName.printable(Self.shown(path))) can't be committed because \(reason)")
        }
        return item
    }

    private static func join(_ path: [[UInt8]]) -> [UInt8] { Array(path.joined(separator: [UInt8(ascii: "/")])) }

    private static func shown(_ path: [[UInt8]]) -> String { String(decoding: Self.join(path), as: UTF8.self) }

    private func ignores(_ path: [[UInt8]], isFolder: Bool) throws(GitError) -> Bool {
        for (depth, rules) in self.levels.reversed() {
            if let verdict = rules.verdict(on: path[depth...], isFolder: isFolder, self.effort) { return verdict }
        }
        try self.effort.check()
        return false
    }

    private static func blocked(_ name: [UInt8], _ path: [[UInt8]]) -> GitError {
        GitError(
            .invalidName,
            "the file \(GitName.printable(Self.shown(path + [name]))) can't be committed because the branch has a folder of that name, with "
                + "files that are too large for the workspace: give it another name")
    }

    private static func check(_ name: [UInt8], _ path: [[UInt8]]) throws(GitError) {
        guard TreeItem.isSafe(name) else {
            throw GitError(
                .invalidName,
                "\(GitName.printable(Self.shown(path + [name]))) can't be committed because its name means .git: rename it, or ignore it"
            )
        }
    }

    private static let ignoreFile = Array(".gitignore".utf8)
}
