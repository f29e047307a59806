internal import CGit2
internal import Glibc
internal import Primitives

/// What of a folder is recorded.
package struct ScanRules: Hashable, Sendable {
    /// The maximum number of files and folders; exceeding it is an error.
    package var entries: Int
    /// A larger file is left out.
    package var fileBytes: Int64
    /// The maximum of new content in one scan; exceeding it is an error.
    package var newBytes: Int64
    /// Folders inside each other; deeper ones are left out.
    package var depth: Int
    /// Names of files and folders that are left out wherever they are.
    package var excluded: Set<[UInt8]>
    /// Bytes of the disk that new content leaves free; nil for half of what jails leave free.
    package var reserve: Int64?

    package init(entries: Int, fileBytes: Int64, newBytes: Int64, depth: Int, excluding names: Set<String>) {
        self.entries = entries
        self.fileBytes = fileBytes
        self.newBytes = newBytes
        self.depth = depth
        self.excluded = Set(names.map { Array($0.utf8) })
    }
}

/// Something in a folder that was not recorded or changed.
package struct SkippedFile: Hashable, Sendable {
    package let path: String
    /// A clause: "it is a pipe, socket or device".
    package let reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}

/// Records the files of a folder as Git objects. Reads only regular files and the text of links, through descriptors;
/// executes nothing.
struct FolderScanner {
    static let mostSkippedNamed = 100

    private let store: GitObjects
    private let rules: ScanRules
    private let owner: UInt32
    /// Files that changed since then may change again without a trace in their times. Nanoseconds.
    private let settled: Int64
    private var newBytes: Int64 = 0
    /// What the new objects occupy at most: each a block, and perhaps a folder.
    private(set) var recordedBytes: Int64 = 0
    private(set) var entries = 0
    private(set) var skipped: [SkippedFile] = []
    private(set) var skippedCount = 0
    /// The first folder that is nested too deep.
    private(set) var tooDeep: SkippedFile?

    /// `owner`: the user whose hard links are trusted.
    init(store: GitObjects, rules: ScanRules, owner: UInt32) {
        self.store = store
        self.rules = rules
        self.owner = owner
        // File systems take the time of the last clock tick, up to 10 ms ago.
        self.settled = WallClock.nanoseconds() - 50_000_000
    }

    /// Scans a folder; `old` is what an earlier scan found there.
    mutating func scan(
        _ folder: borrowing Folder, path: [UInt8] = [], old: ScannedFolder?, depth: Int = 0
    ) throws(GitError) -> ScannedFolder {
        let found = ScannedFolder()
        guard let names = folder.names(limit: self.rules.entries - self.entries + 1) else {
            // An empty tree would record that all files are gone.
            guard !path.isEmpty else { throw GitError(system: errno, "read", "the workspace") }
            self.skip(path, "it can't be read")
            found.isUnreadable = true
            return found
        }
        var oldFiles = (old?.files ?? [])[...]
        var oldFolders = (old?.folders ?? [])[...]
        for name in names where !self.rules.excluded.contains(name) {
            guard let facts = folder.facts(of: name) else {
                // It has just been removed, or nothing is known about it.
                if errno != ENOENT { found.unrecorded.insert(name) }
                continue
            }
            try self.countEntry()
            while let first = oldFiles.first, first.item.name.lexicographicallyPrecedes(name) { oldFiles.removeFirst() }
            while let first = oldFolders.first, first.name.lexicographicallyPrecedes(name) { oldFolders.removeFirst() }
            let place = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
            switch facts.kind {
            case .folder:
                guard depth < self.rules.depth else {
                    self.skip(place, "it is more than \(self.rules.depth) folders deep")
                    self.tooDeep = self.tooDeep ?? self.skipped.last
                    found.unrecorded.insert(name)
                    found.tooDeep.append(name)
                    continue
                }
                guard let child = folder.folder(name) else {
                    self.skip(place, "it can't be opened")
                    found.unrecorded.insert(name)
                    continue
                }
                let known = oldFolders.first.flatMap { $0.name == name ? $0.folder : nil }
                let scanned = try self.scan(child, path: place, old: known, depth: depth + 1)
                if scanned.isUnreadable {
                    found.unrecorded.insert(name)
                } else {
                    found.folders.append((name, scanned))
                }
            case .file, .link:
                if let known = oldFiles.first, known.item.name == name, !known.isRacy, known.facts == facts {
                    found.files.append(known)
                } else if let file = try self.record(name, facts, place, in: folder) {
                    found.files.append(file)
                } else {
                    found.unrecorded.insert(name)
                }
            case .other:
                self.skip(place, "it is a pipe, socket or device")
                found.unrecorded.insert(name)
            }
        }
        let items = found.items
        guard !items.isEmpty else { return found }
        if let old, let key = old.key, old.items == items {
            found.key = key
        } else {
            found.key = try self.store.write(TreeItem.serialised(items), .tree)
        }
        return found
    }

    private mutating func countEntry() throws(GitError) {
        self.entries += 1
        guard self.entries > self.rules.entries else { return }
        throw GitError(
            .tooLarge, "the workspace has more than \(self.rules.entries) files and folders: delete some")
    }

    private mutating func record(
        _ name: [UInt8], _ facts: FileFacts, _ place: [UInt8], in folder: borrowing Folder
    ) throws(GitError) -> ScannedFolder.File? {
        guard facts.kind == .file else {
            guard let text = folder.link(name) else { return nil }
            let key = try self.store.write(text, .blob)
            return self.file(TreeItem(kind: .link, name: name, key: key), facts)
        }
        for _ in 0..<3 {
            let number = folder.open(name, O_RDONLY | O_NOFOLLOW)
            guard number >= 0 else {
                if number != -ENOENT { self.skip(place, "it can't be opened") }
                return nil
            }
            let open = FileDescriptor(owning: number)
            // What was opened counts, not what had the name before.
            guard let facts = Folder.facts(of: open.rawValue), facts.kind == .file else {
                self.skip(place, "it is a pipe, socket or device")
                return nil
            }
            guard facts.links < 2 || facts.user == self.owner else {
                self.skip(place, "it is a hard link to a file of another user")
                return nil
            }
            guard facts.size <= self.rules.fileBytes else {
                self.skip(place, "it is larger than \(self.rules.fileBytes >> 20) MB")
                return nil
            }
            self.newBytes += facts.size
            self.recordedBytes += facts.size + 8_192
            guard self.newBytes <= self.rules.newBytes else {
                throw GitError(
                    .tooLarge, "the workspace has more than \(self.rules.newBytes >> 20) MB of changes: delete files")
            }
            if let key = try self.content(of: open.rawValue, size: facts.size) {
                return self.file(
                    TreeItem(kind: facts.isExecutable ? .executable : .file, name: name, key: key), facts)
            }
        }
        self.skip(place, "it changed while it was read")
        return nil
    }

    /// Nil if the file has changed its size meanwhile.
    private func content(of descriptor: Int32, size: Int64) throws(GitError) -> ObjectKey? {
        guard size <= GitObjects.smallSize else { return try self.store.write(contentOf: descriptor, size: size) }
        guard let bytes = FileDescriptor.read(descriptor, upTo: Int(size) + 1), bytes.count == size else { return nil }
        return try self.store.write(bytes, .blob)
    }

    private func file(_ item: TreeItem, _ facts: FileFacts) -> ScannedFolder.File {
        ScannedFolder.File(item: item, facts: facts, isRacy: facts.changed >= self.settled)
    }

    private mutating func skip(_ path: [UInt8], _ reason: String) {
        self.skippedCount += 1
        guard self.skipped.count < Self.mostSkippedNamed else { return }
        self.skipped.append(SkippedFile(path: String(decoding: path, as: UTF8.self), reason: reason))
    }
}
