// What a folder can have of a branch, found out before anything is written.
extension WorkFiles {
    /// What is known of a branch's files.
    struct BranchFiles {
        fileprivate(set) var tree: ObjectKey?
        /// Files and folders.
        fileprivate(set) var count = 0
        /// Of the files that the folder can have.
        fileprivate(set) var bytes = 0
        /// The sizes of the others.
        fileprivate(set) var unheld: [[UInt8]: Int] = [:]
    }

    /// The files of a tree that the folder can't have, with their sizes. Throws ``GitError/Code/tooLarge`` if it has no
    /// room for the others. Reads only what differs from the last tree.
    func unheld(
        in tree: ObjectKey, _ store: GitObjects, within room: FolderRoom? = nil
    ) throws(GitError) -> [[UInt8]: Int] {
        let limits = self.limits(room ?? FolderRoom(files: self.rules.entries, bytes: .max))
        var found = self.branchFiles
        var walk = TreeWalk(
            store, found.tree == nil ? limits : limits.between, of: "the branch", isCancellable: room != nil)
        try walk.compare(found.tree, tree) { visit throws(GitError) in
            found.count += (visit.new == nil ? 0 : 1) - (visit.old == nil ? 0 : 1)
            found.bytes += self.held(visit.new, visit.newSize) - self.held(visit.old, visit.oldSize)
            found.unheld[visit.path] = self.isHeld(visit.new, visit.newSize) ? nil : visit.newSize
        }
        found.tree = tree
        self.branchFiles = found
        guard found.count <= limits.paths else { throw limits.tooManyPaths("the branch") }
        guard found.bytes <= limits.bytes ?? .max else { throw limits.tooManyBytes("the branch") }
        return found.unheld
    }

    /// Throws ``GitError/Code/tooLarge`` if what the last scan has found would become a tree that there is no room for, and
    /// ``GitError/Code/diskFull`` if the disk has none.
    func check(_ room: FolderRoom, for tree: ObjectKey, _ store: GitObjects) throws(GitError) {
        let limits = self.limits(room)
        let before = self.scanned?.usage ?? (count: 0, bytes: 0)
        let walk = TreeWalk(store, limits.between, of: "the branch", isCancellable: true)
        let (count, bytes) = try self.usage(with: tree, walk)
        // A folder that is over its limits may still get smaller.
        let subject = "what the workspace would have with the branch's files"
        guard count <= max(limits.paths, before.count) else { throw limits.tooManyPaths(subject) }
        guard bytes <= max(limits.bytes ?? .max, before.bytes) else { throw limits.tooManyBytes(subject) }
        try self.checkDisk(count: count - before.count, bytes: bytes - before.bytes)
    }

    /// Throws ``GitError/Code/diskFull`` if the disk has no room for what a tree of a scan has more than the folder had when
    /// it was last scanned.
    func checkDisk(for tree: ObjectKey, _ store: GitObjects) throws(GitError) {
        let limits = self.limits(FolderRoom(files: self.rules.entries, bytes: .max))
        let walk = TreeWalk(store, limits.between, of: "the snapshot")
        // Of a damaged store, what is left is restored.
        guard let (count, bytes) = try? self.usage(with: tree, walk) else { return }
        let before = self.scanned?.usage ?? (count: 0, bytes: 0)
        try self.checkDisk(count: count - before.count, bytes: bytes - before.bytes)
    }

    /// Throws ``GitError/Code/diskFull`` if the disk has no room for so many files and folders, and bytes in them, more.
    func checkDisk(count: Int, bytes: Int) throws(GitError) {
        try self.diskRoom.check(
            Int64(clamping: bytes) + Int64(clamping: max(0, count) << 12), "the workspace's files can't be written")
    }

    /// Has a store leave the disk's reserve free.
    func limit(_ store: GitObjects) {
        let (path, reserve) = (self.store, self.rules.reserve)
        store.room = { DiskRoom(path: path, reserve: reserve) }
    }

    var diskRoom: DiskRoom { DiskRoom(path: self.store, reserve: self.rules.reserve) }

    /// What the folder would have, if a tree took the place of what the last scan has found.
    private func usage(with tree: ObjectKey, _ walk: TreeWalk) throws(GitError) -> (count: Int, bytes: Int) {
        var walk = walk
        var (count, bytes) = self.scanned?.usage ?? (count: 0, bytes: 0)
        try walk.compare(self.scanned?.key, tree) { visit throws(GitError) in
            count += (visit.new == nil ? 0 : 1) - (visit.old == nil ? 0 : 1)
            bytes += self.held(visit.new, visit.newSize) - self.held(visit.old, visit.oldSize)
        }
        return (count, bytes)
    }

    private func limits(_ room: FolderRoom) -> TreeLimits {
        .checkOut(paths: room.files, bytes: room.bytes, fileBytes: Int(self.rules.fileBytes))
    }

    private func isHeld(_ item: TreeItem?, _ size: Int?) -> Bool {
        guard let item, let size else { return true }
        return size <= self.rules.fileBytes || item.kind == .link
    }

    private func held(_ item: TreeItem?, _ size: Int?) -> Int {
        guard let size, size <= self.rules.fileBytes else { return 0 }
        return size
    }
}
