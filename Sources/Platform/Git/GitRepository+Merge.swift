internal import CGit2

/// The result of a three-way merge.
package struct GitMerge: Hashable, Sendable {
    /// A file with conflicting changes. The ids are those of its contents; nil on a side without the file.
    package struct Conflict: Hashable, Sendable {
        package let path: String
        package let base: GitObjectID?
        package let ours: GitObjectID?
        package let theirs: GitObjectID?
    }

    /// The merged tree; nil if there are unresolved conflicts.
    package let tree: GitObjectID?
    /// Sorted by path.
    package let conflicts: [Conflict]
}

extension GitRepository {
    /// The newest commit that both have in their history; nil if their histories are separate. Throws
    /// ``GitError/Code/tooLarge`` where they are too much to read; see ``HistoryEffort``.
    package func mergeBase(_ first: GitObjectID, _ second: GitObjectID) throws(GitError) -> GitObjectID? {
        let store = try self.openStore()
        var search = try CommonAncestor(of: first, second, in: store)
        return try search.find()
    }

    /// Merges what `ours` and `theirs` have changed since `base`, in memory; each is a commit or a tree. Writes the
    /// merged tree and moves no branch. Detects renames. Throws ``GitError/Code/tooLarge`` beyond what can be merged here.
    ///
    /// - Parameter preferOurs: Resolves each conflict with the whole file of `ours`. The conflicts are still returned.
    package func merge(
        _ ours: GitObjectID, with theirs: GitObjectID, base: GitObjectID, preferOurs: Bool = false
    ) throws(GitError) -> GitMerge {
        let store = try self.openStore()
        defer { withExtendedLifetime(store) {} }
        let check = try MergeCheck(store, base: base, ours: ours, theirs: theirs)
        let baseTree = try unsafe Self.tree(base, store)
        defer { unsafe git_tree_free(baseTree) }
        let ourTree = try unsafe Self.tree(ours, store)
        defer { unsafe git_tree_free(ourTree) }
        let theirTree = try unsafe Self.tree(theirs, store)
        defer { unsafe git_tree_free(theirTree) }
        var options = unsafe git_merge_options()
        unsafe git_merge_options_init(&options, UInt32(GIT_MERGE_OPTIONS_VERSION))
        unsafe options.flags = check.mayFindRenames ? GIT_MERGE_FIND_RENAMES.rawValue : 0
        unsafe options.file_flags = check.mayCompareSides ? 0 : GIT_MERGE_FILE_STYLE_DIFF3.rawValue
        let index = try unsafe GitLibrary.make("the merge") {
            unsafe git_merge_trees($0, store.repository, baseTree, ourTree, theirTree, &options)
        }
        defer { unsafe git_index_free(index) }
        let conflicts = try unsafe Self.conflicts(in: index)
        if preferOurs {
            for conflict in conflicts { try unsafe conflict.takeOurs(in: index) }
        } else if !conflicts.isEmpty {
            return GitMerge(tree: nil, conflicts: conflicts.map(\.summary))
        }
        var tree = git_oid()
        try unsafe GitLibrary.check(git_index_write_tree_to(&tree, index, store.repository), "the merged tree")
        return GitMerge(tree: GitObjectID(tree), conflicts: conflicts.map(\.summary))
    }

    /// The tree of a commit.
    package func tree(of commit: GitObjectID) throws(GitError) -> GitObjectID {
        try self.openStore().root(of: commit).id
    }

    /// The contents of files by their ids, each cut after `limit` bytes. Missing ones are left out.
    package func contents(_ ids: Set<GitObjectID>, limit: Int) throws(GitError) -> [GitObjectID: [UInt8]] {
        try self.beginnings(of: ids, count: limit, largest: MergeCheck.fileBytes)
    }
}

/// What is found out about a merge before the library gets the trees.
private struct MergeCheck {
    /// Bytes of a file whose contents are merged: the library reads its three versions at once.
    static let fileBytes = 16 << 20
    /// That both sides have changed.
    private static let mostFiles = 100_000

    /// Whether the library may read the files that were added and removed.
    let mayFindRenames: Bool
    /// Whether the library may compare the lines of both sides where they conflict, to find out whether they are the same,
    /// which it mostly knows without that. Where a conflict begins and ends is known to the library only.
    let mayCompareSides: Bool

    init(
        _ store: GitObjects, base: GitObjectID, ours: GitObjectID, theirs: GitObjectID
    ) throws(GitError) {
        let root = try store.root(of: base)
        // The library visits every path of the three trees.
        var whole = TreeWalk(store, .merge, of: "the branch at \(base.short)")
        try whole.compare(nil, root)
        // Half a million paths of each side would take hundreds of megabytes. So only a hash of each is remembered of
        // ours, then those of theirs that may be the same, and ours are walked once more.
        var touched: Set<Int> = []
        var ourMovable = 0
        try Self.visit(root, ours, store) { visit throws(GitError) in
            touched.insert(visit.path.hashValue)
            ourMovable = visit.adding(to: ourMovable)
        }
        var both: [[UInt8]: Change] = [:]
        var theirMovable = 0
        try Self.visit(root, theirs, store) { visit throws(GitError) in
            theirMovable = visit.adding(to: theirMovable)
            guard touched.contains(visit.path.hashValue) else { return }
            guard both.count < Self.mostFiles else {
                throw TreeLimits.merge.error("what both sides have changed", "has more than \(Self.mostFiles) files")
            }
            both[visit.path] = Change(visit)
        }
        var lines = LineCost(store)
        var isMovable = max(ourMovable, theirMovable) <= GitObjects.movableBytes
        var sides = 0.0
        var hasMoved = false
        try Self.visit(root, ours, store) { visit throws(GitError) in
            guard let other = both[visit.path] else { return }
            guard max(visit.size ?? 0, other.size) <= Self.fileBytes else {
                throw TreeLimits.merge.error(
                    GitName.printable(String(decoding: visit.path, as: UTF8.self)),
                    "was changed on both sides and has more than \(Self.fileBytes >> 20) MB")
            }
            let change = Change(visit)
            sides += LineCost.mostSteps((change.new?.size ?? 0) + (other.new?.size ?? 0))
            if (change.new == nil) != (other.new == nil) { hasMoved = true }
            for change in [other, change] {
                guard try lines.add(change.old, change.new) else {
                    throw TreeLimits.merge.error("what both sides have changed", "has too many short lines to compare")
                }
            }
        }
        self.mayCompareSides = sides <= LineCost.limit
        // What one side has changed and the other one has not any more is merged with an added file that is similar.
        for side in [ours, theirs] where hasMoved && isMovable {
            try Self.visit(root, side, store) { visit throws(GitError) in
                guard isMovable, visit.oldFile == nil else { return }
                isMovable = try lines.add(nil, visit.newFile)
            }
        }
        self.mayFindRenames = isMovable
    }

    /// What one side has changed in a file that the other one has changed as well.
    private struct Change {
        let old: LineCost.File?
        let new: LineCost.File?

        init(_ visit: TreeWalk.Visit) {
            self.old = visit.oldFile
            self.new = visit.newFile
        }

        /// Of the larger file.
        var size: Int { max(self.old?.size ?? 0, self.new?.size ?? 0) }
    }

    /// Visits the files that one side has changed.
    private static func visit(
        _ base: ObjectKey, _ side: GitObjectID, _ store: GitObjects,
        _ body: (TreeWalk.Visit) throws(GitError) -> Void
    ) throws(GitError) {
        var walk = TreeWalk(store, .mergedSides, of: "the merge with \(side.short)")
        try walk.compare(base, store.root(of: side)) { visit throws(GitError) in
            guard visit.size != nil else { return }
            try body(visit)
        }
    }
}

extension GitRepository {
    /// The tree of a commit, or the tree itself. The caller frees it.
    private static func tree(_ id: GitObjectID, _ store: GitObjects) throws(GitError) -> OpaquePointer {
        try unsafe store.handle(store.root(of: id), "the tree of \(id.short)")
    }

    private static func conflicts(in index: OpaquePointer) throws(GitError) -> [MergeConflict] {
        guard unsafe git_index_has_conflicts(index) == 1 else { return [] }
        let iterator = try unsafe GitLibrary.make("the merge's conflicts") {
            unsafe git_index_conflict_iterator_new($0, index)
        }
        defer { unsafe git_index_conflict_iterator_free(iterator) }
        var conflicts: [MergeConflict] = []
        var base: UnsafePointer<git_index_entry>?
        var ours: UnsafePointer<git_index_entry>?
        var theirs: UnsafePointer<git_index_entry>?
        while unsafe git_index_conflict_next(&base, &ours, &theirs, iterator) == 0 {
            guard let path = unsafe (base ?? ours ?? theirs)?.pointee.path else { continue }
            unsafe conflicts.append(
                MergeConflict(
                    path: String(cString: path), base: MergeConflict.Side(base), ours: MergeConflict.Side(ours),
                    theirs: MergeConflict.Side(theirs)))
        }
        return conflicts
    }
}

/// A conflict with the files' modes.
private struct MergeConflict {
    struct Side {
        let id: GitObjectID
        let mode: UInt32

        init?(_ entry: UnsafePointer<git_index_entry>?) {
            guard let entry = unsafe entry?.pointee else { return nil }
            unsafe self.id = GitObjectID(entry.id)
            unsafe self.mode = entry.mode
        }
    }

    let path: String
    let base: Side?
    let ours: Side?
    let theirs: Side?

    var summary: GitMerge.Conflict {
        GitMerge.Conflict(path: self.path, base: self.base?.id, ours: self.ours?.id, theirs: self.theirs?.id)
    }

    func takeOurs(in index: OpaquePointer) throws(GitError) {
        try unsafe GitLibrary.check(git_index_conflict_remove(index, self.path), self.path)
        // A file that exists only in `theirs` is the new name of a renamed one; `ours` has no version of it.
        guard let side = self.ours ?? (self.base == nil ? self.theirs : nil) else { return }
        try unsafe self.checkRoom(in: index)
        let name = unsafe GitLibrary.copy(self.path)
        defer { unsafe name.deallocate() }
        var entry = unsafe git_index_entry()
        unsafe entry.id = side.id.raw
        unsafe entry.mode = side.mode
        unsafe entry.path = unsafe UnsafePointer(name)
        try unsafe GitLibrary.check(git_index_add(index, &entry), self.path)
    }

    /// The library would silently remove whatever replaced the file.
    private func checkRoom(in index: OpaquePointer) throws(GitError) {
        var position = 0
        var isTaken = unsafe git_index_find_prefix(&position, index, self.path + "/") == 0
        let parts = GitName.components(of: self.path)
        for count in 1..<max(parts.count, 1) {
            let parent = parts.prefix(count).joined(separator: "/")
            if unsafe git_index_get_bypath(index, parent, 0) != nil { isTaken = true }
        }
        guard isTaken else { return }
        throw GitError(
            .invalidName,
            "\(self.path) can't be written because the branch has a file and a folder of that name now: "
                + "keep theirs, or choose a branch of its own")
    }
}
