/// Knows the files over which Git would run a program before it commits them, which is not done here.
struct FilterCheck {
    let store: GitObjects
    let settings: GitSettings

    /// Why a file's content would not be what Git commits; nil if it would.
    func obstacle(to item: TreeItem, _ attributes: FileAttributes) throws(GitError) -> String? {
        if let encoding = attributes.encoding {
            return
                "`.gitattributes` gives it the encoding \(encoding), which is not converted here: commit it in a clone, or "
                + "take it back with `git checkout`"
        }
        guard let filter = attributes.filter else { return nil }
        if filter == "lfs" {
            guard try !self.isPointer(item) else { return nil }
            return
                "`.gitattributes` keeps it in Git LFS, to which nothing is sent from here: commit it in a clone with "
                + "git-lfs, take it back with `git checkout`, or change `.gitattributes`"
        }
        guard filter == "git-crypt" || self.settings.filters.contains(filter) else { return nil }
        return
            "`.gitattributes` has the filter \(filter) for it, a program that is not run here: commit it in a clone, take "
            + "it back with `git checkout`, or change `.gitattributes`"
    }

    /// Whether a file is what Git LFS commits instead of the content.
    private func isPointer(_ item: TreeItem) throws(GitError) -> Bool {
        let size = try self.store.header(item.key, .blob)
        guard 1..<1_024 ~= size else { return size == 0 }
        return try self.store.read(item.key, .blob, limit: size).starts(with: Self.pointer)
    }

    private static let pointer = Array("version https://git-lfs.github.com/spec/v1\n".utf8)
}

/// The attributes of the files of a tree that is being walked.
struct WalkedAttributes {
    private let store: GitObjects
    private let effort: RuleEffort
    /// Of the folders that have a file of them; the top is the empty path.
    private var rules: [ArraySlice<UInt8>: AttributeRules] = [:]
    /// Those of the folder that was asked for last: a walk visits a folder's files one after the other.
    private var last: (folder: ArraySlice<UInt8>, rules: AttributeRules)?
    /// Those of all folders.
    private var lines = 0
    private static let lineLimit = 20_000

    /// - Parameter top: The tree's key.
    init(store: GitObjects, top: ObjectKey, _ effort: RuleEffort) throws(GitError) {
        self.store = store
        self.effort = effort
        try self.enter([], top)
    }

    /// Reads the file of a folder; its parents have been entered before.
    mutating func enter(_ path: [UInt8], _ folder: ObjectKey) throws(GitError) {
        guard let item = try TreeReader(folder, in: self.store).find(".gitattributes"[...].utf8), item.isContent,
            item.kind != .link, let bytes = try? self.store.read(item.key, .blob, limit: AttributeRules.sizeLimit)
        else { return }
        var rules = self.rules(of: path[...])
        let before = rules.size
        rules.enter(bytes, depth: Self.parts(path).count, self.effort)
        try self.effort.check()
        self.lines += rules.size - before
        guard self.lines <= Self.lineLimit else {
            throw GitError(
                .tooLarge,
                "too large to take over: `.gitattributes` has more than \(Self.lineLimit) lines in all folders")
        }
        self.rules[path[...]] = rules
        self.last = nil
    }

    mutating func attributes(of path: [UInt8]) throws(GitError) -> FileAttributes {
        guard !self.rules.isEmpty else { return FileAttributes() }
        _ = self.effort.take(path.count)
        let folder = Self.parent(of: path[...])
        let rules: AttributeRules
        if let last = self.last, last.folder == folder {
            rules = last.rules
        } else {
            rules = self.rules(of: folder)
            self.last = (folder, rules)
        }
        try self.effort.check()
        return rules.isEmpty ? FileAttributes() : try rules.attributes(of: Self.parts(path), self.effort)
    }

    /// Those of the folder, or of the nearest one above it; none once the effort is spent. Each folder on the way is
    /// looked up by its whole path.
    private func rules(of path: ArraySlice<UInt8>) -> AttributeRules {
        guard !self.rules.isEmpty else { return AttributeRules() }
        var path = path
        while !path.isEmpty {
            guard self.effort.take(path.count) else { return AttributeRules() }
            if let found = self.rules[path] { return found }
            path = Self.parent(of: path)
        }
        return self.rules[[]] ?? AttributeRules()
    }

    private static func parent(of path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        path.lastIndex(of: UInt8(ascii: "/")).map { path[..<$0] } ?? []
    }

    private static func parts(_ path: [UInt8]) -> [[UInt8]] {
        path.split(separator: UInt8(ascii: "/")).map { Array($0) }
    }
}
