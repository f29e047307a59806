internal import CGit2
internal import Glibc
internal import Primitives

/// The files of a workspace, which its owner may change at any moment in any way, and a store of Git objects outside.
///
/// Executes nothing and follows no link. Each call is one step on one of a few threads of their own, because a scan of
/// a large folder takes a second.
package actor WorkFiles {
    /// What a scan recorded.
    package struct Scan: Sendable, Hashable {
        /// The tree object.
        package let tree: GitObjectID
        /// Files and folders found.
        package let entries: Int
        /// What was left out, the first 100.
        package let skipped: [SkippedFile]
        package let skippedCount: Int
        package let folders: UnrecordedFolders
    }

    /// What making files like a tree did.
    package struct Restoration: Sendable, Hashable {
        package let written: Int
        package let removed: Int
        /// What could not be made like the tree, the first 100.
        package let failed: [SkippedFile]
        /// Files of the tree that are too large for the folder and not in it, the first 100.
        package let unheld: [UnheldFile]
    }

    package nonisolated let folder: String
    /// The Git folder of the jail, which it may change; nil without a repository.
    let git: String?
    let store: String
    let rules: ScanRules
    var scanned: ScannedFolder?
    var branchFiles = BranchFiles()
    /// Of the store's objects, as of the last scan.
    var generation: Int64 = 0
    /// As of the last scan.
    package private(set) var folders = UnrecordedFolders()
    private var recordedBytes: Int64 = 0
    private nonisolated let executor: ThreadExecutor

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe self.executor.asUnownedSerialExecutor()
    }

    /// `folder` holds the files; `store` is a bare repository that nothing in a jail can reach. Both must exist before
    /// the first call.
    package init(folder: String, git: String? = nil, store: String, rules: ScanRules) {
        self.folder = folder
        self.git = git
        self.store = store
        self.rules = rules
        self.executor = Self.executors[Int(UInt(bitPattern: folder.hashValue) % UInt(Self.executors.count))]
    }

    /// Like those of repositories, they make objects that others can read: a jail's user, and whoever works with a
    /// repository outside the data directory.
    private static let executors = (1...3).map { ThreadExecutor(name: "files-\($0)", umask: 0o022) }

    /// Records all files.
    package func scan() throws(GitError) -> Scan {
        try self.scan(GitObjects(path: self.store))
    }

    /// What the files that scans have recorded since the last call occupy in the store at most.
    package func takeRecordedBytes() -> Int64 {
        defer { self.recordedBytes = 0 }
        return self.recordedBytes
    }

    /// Records all files, then makes them like `tree`. Returns the record of what they were.
    ///
    /// - Parameter folders: The empty folders that belong to the tree: others are removed. Nil keeps all.
    package func restore(
        _ tree: GitObjectID, keeping folders: EmptyFolders?
    ) throws(GitError) -> (before: Scan, Restoration) {
        let store = try GitObjects(path: self.store)
        let before = try self.scan(store)
        try self.checkDisk(for: ObjectKey(tree), store)
        return (before, try self.apply(tree, store, keeping: folders))
    }

    /// Makes the files like `tree` without recording them: for a new workspace. Ends when its task is cancelled. Throws
    /// ``GitError/Code/tooLarge``, before it writes anything, if there is no room, and ``GitError/Code/diskFull`` if the disk
    /// has none.
    ///
    /// - Parameters:
    ///   - room: Nil for as many files as a scan records.
    ///   - settings: Of the repository that the tree is from; nil for a tree of a scan.
    package func checkOut(
        _ tree: GitObjectID, within room: FolderRoom? = nil, as settings: GitSettings? = nil
    ) throws(GitError) -> Restoration {
        self.scanned = nil
        let store = try GitObjects(path: self.store)
        var tree = ObjectKey(tree)
        _ = try self.unheld(in: tree, store, within: room)
        try self.checkDisk(count: self.branchFiles.count, bytes: self.branchFiles.bytes)
        self.limit(store)
        if let settings { tree = try self.checkoutTree(tree, store, settings) }
        return try self.apply(tree.id, store, isWhole: true)
    }

    /// A commit's tree with the line ends of a work tree.
    func checkoutTree(_ tree: ObjectKey, _ store: GitObjects, _ settings: GitSettings) throws(GitError) -> ObjectKey {
        var converter = CheckoutTree(store: store, settings: settings, fileBytes: Int(self.rules.fileBytes))
        return try converter.tree(tree)
    }

    /// Frees the memory of what the last scan found; the next one reads all files again.
    package func forget() {
        self.scanned = nil
    }

    /// Records the files and chooses what a commit on `head` takes. Returns the tree of `head`, the chosen one, and the
    /// submodules whose folders have files, which no commit takes. Throws ``GitError/Code/invalidName`` for a name that no
    /// commit may contain.
    ///
    /// - Parameters:
    ///   - settings: Of the repository; nil leaves all line ends as they are.
    ///   - isChecked: Whether it throws ``GitError/Code/needsFilter`` for a changed file over which Git would run a program
    ///     that is not run here.
    package func treeToCommit(
        on head: GitObjectID, as settings: GitSettings?, isChecked: Bool = true
    ) throws(GitError) -> (old: GitObjectID, new: GitObjectID, submodules: [String]) {
        let store = try GitObjects(path: self.store)
        _ = try self.scan(store)
        let old = try store.tree(ofCommit: head)
        // Reads the folders before anything else does.
        _ = try self.unheld(in: old, store)
        var chooser = CommitTree(
            store: store, fileBytes: Int(self.rules.fileBytes), settings: settings, isChecked: isChecked)
        let tree = try chooser.tree(of: self.scanned ?? ScannedFolder(), head: old)
        if let tree { return (old.id, tree.id, chooser.submodules) }
        return try (old.id, store.write([], .tree).id, chooser.submodules)
    }

    /// The tree of a commit that the store can read.
    package func tree(of commit: GitObjectID) throws(GitError) -> GitObjectID {
        try GitObjects(path: self.store).tree(ofCommit: commit).id
    }

    /// Gives everything in the folder, the folder, and the jail's Git folder to `owner`. A hard link to a file of another
    /// user is left alone.
    package func own(_ owner: FileOwner) throws(GitError) {
        for path in [self.folder, self.git].compactMap(\.self) {
            let folder = try Folder(path: path)
            FolderTree.give(folder, from: folder.facts?.user ?? owner.user, to: owner)
        }
    }

    private func scan(_ store: GitObjects) throws(GitError) -> Scan {
        let folder = try Folder(path: self.folder)
        let owner = folder.facts?.user ?? geteuid()
        self.limit(store)
        var scanner = FolderScanner(store: store, rules: self.rules, owner: owner)
        defer { self.recordedBytes += scanner.recordedBytes }
        let found = try scanner.scan(folder, old: self.scanned)
        self.scanned = found
        let folders = UnrecordedFolders(empty: EmptyFolders(found), tooDeep: scanner.tooDeep)
        self.folders = folders
        let tree = if let key = found.key { key } else { try store.write([], .tree) }
        return Scan(
            tree: tree.id, entries: scanner.entries, skipped: scanner.skipped, skippedCount: scanner.skippedCount,
            folders: folders)
    }

    /// - Parameter isWhole: Whether half of it is of no use: then it ends when the task is cancelled or the disk is full.
    func apply(
        _ tree: GitObjectID, _ store: GitObjects, keeping folders: EmptyFolders? = nil, isWhole: Bool = false
    ) throws(GitError) -> Restoration {
        let folder = try Folder(path: self.folder)
        var restorer = FolderRestorer(
            store: store, owner: Self.owner(of: folder), fileBytes: self.rules.fileBytes,
            emptyFolders: folders?.withParents, isWhole: isWhole)
        try restorer.apply(ObjectKey(tree), to: folder, current: self.scanned)
        return Restoration(
            written: restorer.written, removed: restorer.removed, failed: restorer.failed, unheld: restorer.unheld)
    }

    /// Who gets new files: the owner of the folder. Nil unless this process may give files away.
    static func owner(of folder: borrowing Folder) -> FileOwner? {
        guard geteuid() == 0, let facts = folder.facts else { return nil }
        return FileOwner(user: facts.user, group: facts.group)
    }
}
