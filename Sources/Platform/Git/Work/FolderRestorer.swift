internal import CGit2
internal import Glibc
internal import Primitives

/// Makes the files of a folder like a tree. What a scan left out (`.git`, pipes, too large files) stays as it is.
struct FolderRestorer {
    private let store: GitObjects
    /// Who gets what is written; nil: this process's user.
    private let owner: FileOwner?
    private let fileBytes: Int64
    /// The folders without files that stay; nil for all.
    private let emptyFolders: Set<[UInt8]>?
    /// Whether it ends when the task is cancelled or the disk is full.
    private let isWhole: Bool
    private(set) var written = 0
    private(set) var removed = 0
    /// What could not be made like the tree.
    private(set) var failed: [SkippedFile] = []
    /// What is too large.
    private(set) var unheld: [UnheldFile] = []

    init(
        store: GitObjects, owner: FileOwner?, fileBytes: Int64, emptyFolders: Set<[UInt8]>? = nil, isWhole: Bool
    ) {
        self.emptyFolders = emptyFolders
        self.isWhole = isWhole
        self.store = store
        self.owner = owner
        self.fileBytes = fileBytes
    }

    /// `current`: the folder's files, if it was scanned.
    mutating func apply(
        _ tree: ObjectKey?, to folder: borrowing Folder, current: ScannedFolder?, path: [UInt8] = [], depth: Int = 0
    ) throws(GitError) {
        if let current, let tree, current.key == tree, self.emptyFolders == nil || !current.hasEmptyFolders { return }
        guard depth < 256 else {
            self.fail(path, "it is too deep")
            return
        }
        let items = try self.store.tree(tree)
        let wanted = Dictionary(items.map { ($0.name, $0) }) { first, _ in first }
        for file in current?.files ?? [] where wanted[file.item.name].map({ $0.kind == .folder }) ?? true {
            if folder.remove(file.item.name) == 0 { self.removed += 1 }
        }
        for (name, child) in current?.folders ?? [] where wanted[name]?.kind != .folder {
            guard let open = folder.folder(name) else { continue }
            let place = Self.join(path, name)
            try self.apply(nil, to: open, current: child, path: place, depth: depth + 1)
            let isNew = self.emptyFolders?.contains(place) == false
            // Below a folder that was not there, what is too deep was not there either.
            if isNew { for deep in child.tooDeep { self.removeAll(deep, in: open) } }
            // Fails if something unrecorded is left in it.
            if child.key != nil || wanted[name] != nil || isNew, folder.removeFolder(name) == 0, isNew {
                self.removed += 1
            }
        }
        let known = Dictionary((current?.files ?? []).map { ($0.item.name, $0.item) }) { first, _ in first }
        let children = Dictionary((current?.folders ?? []).map { ($0.name, $0.folder) }) { first, _ in first }
        for item in items where known[item.name] != item {
            if self.isWhole, Task.isCancelled { throw GitError.cancelled }
            let place = Self.join(path, item.name)
            guard TreeItem.isSafe(item.name) else {
                self.fail(place, "its name is not allowed")
                continue
            }
            switch item.kind {
            case .folder, .submodule:
                guard let child = self.make(item.name, in: folder) else {
                    self.fail(place, "something is in its place")
                    continue
                }
                guard item.kind == .folder else { continue }
                try self.apply(item.key, to: child, current: children[item.name], path: place, depth: depth + 1)
            case .file, .executable, .link:
                try self.write(item, place, over: known[item.name], in: folder)
            }
        }
    }

    private mutating func removeAll(_ name: [UInt8], in folder: borrowing Folder) {
        guard let open = folder.folder(name), FolderRemover.empty(open) == 0 else { return }
        if folder.removeFolder(name) == 0 { self.removed += 1 }
    }

    /// The folder with that name, made if necessary; replaces a file or link in its place.
    private func make(_ name: [UInt8], in folder: borrowing Folder) -> Folder? {
        for _ in 0..<8 {
            if let open = folder.folder(name) { return open }
            if errno != ENOENT { _ = folder.remove(name) }
            _ = folder.makeFolder(name, owner: self.owner)
        }
        return nil
    }

    private mutating func write(
        _ item: TreeItem, _ place: [UInt8], over old: TreeItem?, in folder: borrowing Folder
    ) throws(GitError) {
        do throws(GitError) {
            let size = try self.store.header(item.key, .blob)
            guard size <= self.fileBytes || item.kind == .link else {
                // What it was before would be taken for a change.
                if old != nil, folder.remove(item.name) == 0 { self.removed += 1 }
                guard self.unheld.count < FolderScanner.mostSkippedNamed else { return }
                return self.unheld.append(UnheldFile(path: QuotedPath.text(of: place), size: size))
            }
            let bytes = try self.store.read(item.key, .blob, limit: Int(self.fileBytes))
            var status = self.put(bytes, item, in: folder)
            if status == EISDIR {
                _ = folder.removeFolder(item.name)
                status = self.put(bytes, item, in: folder)
            }
            guard status == 0 else { throw GitError(system: status, "write", "it") }
            self.written += 1
        } catch {
            guard !self.isWhole || error.code != .diskFull else { throw error }
            self.fail(place, error.message)
        }
    }

    private func put(_ bytes: [UInt8], _ item: TreeItem, in folder: borrowing Folder) -> Int32 {
        guard item.kind == .link else {
            let mode: UInt32 = item.kind == .executable ? 0o755 : 0o644
            return folder.write(bytes, to: item.name, mode: mode, owner: self.owner)
        }
        guard !bytes.isEmpty, !bytes.contains(0), bytes.count < 4_096 else { return EINVAL }
        return folder.writeLink(bytes, to: item.name, owner: self.owner)
    }

    private mutating func fail(_ path: [UInt8], _ reason: String) {
        guard self.failed.count < FolderScanner.mostSkippedNamed else { return }
        self.failed.append(SkippedFile(path: String(decoding: path, as: UTF8.self), reason: reason))
    }

    private static func join(_ path: [UInt8], _ name: [UInt8]) -> [UInt8] {
        path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
    }
}
