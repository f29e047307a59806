/// How many files and folders a folder may have, and how many bytes.
package struct FolderRoom: Sendable, Hashable {
    package let files: Int
    package let bytes: Int

    package init(files: Int, bytes: Int) {
        self.files = files
        self.bytes = bytes
    }
}

/// A file of a branch that is too large for a folder of its files. It stays on the branch as it is: that the folder does
/// not have it does not mean that anybody has removed it.
package struct UnheldFile: Sendable, Hashable {
    /// As `QuotedPath` writes it.
    package let path: String
    /// Bytes.
    package let size: Int
}

/// Knows the files that a folder can't have.
struct UnheldFiles {
    let store: GitObjects
    /// A larger file is left out.
    let fileBytes: Int

    func contains(_ item: TreeItem) throws(GitError) -> Bool {
        guard item.kind == .file || item.kind == .executable else { return false }
        return try self.store.header(item.key, .blob) > self.fileBytes
    }

    /// What is left of an item if the files that the folder can have are taken out of it; nil for nothing. The depth of
    /// its folders has been checked.
    func rest(of item: TreeItem) throws(GitError) -> TreeItem? {
        guard let folder = item.folder else { return try self.contains(item) ? item : nil }
        var items: [TreeItem] = []
        let reader = try TreeReader(folder, in: self.store)
        while let item = try reader.next() { if let rest = try self.rest(of: item) { items.append(rest) } }
        guard !items.isEmpty else { return nil }
        let key = try self.store.write(TreeItem.serialised(items), .tree)
        return TreeItem(kind: .folder, name: item.name, key: key)
    }

    /// Whether nothing of an item can be in the folder.
    func covers(_ item: TreeItem) throws(GitError) -> Bool {
        guard let folder = item.folder else { return try self.contains(item) }
        let reader = try TreeReader(folder, in: self.store)
        while let item = try reader.next() { guard try self.covers(item) else { return false } }
        return true
    }
}
