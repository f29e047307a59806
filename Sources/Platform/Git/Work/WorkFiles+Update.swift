extension WorkFiles {
    /// What bringing the files from one commit to another did.
    package struct Update: Sendable, Hashable {
        /// What the files were.
        package let before: Scan
        /// Files that differ from both commits, where these differ: then nothing was changed. The first 100.
        package let conflicts: [String]
        package let restoration: Restoration
    }

    /// Carries what differs between two commits over to the files, and keeps what else differs from `old`, also files
    /// that `.gitignore` excludes. Doing it again changes nothing. Throws ``GitError/Code/tooLarge`` if there is no room.
    package func update(
        from old: GitObjectID, to new: GitObjectID, as settings: GitSettings, within room: FolderRoom
    ) throws(GitError) -> Update {
        let store = try GitObjects(path: self.store)
        let tree = try store.tree(ofCommit: new)
        _ = try self.unheld(in: tree, store, within: room)
        return try self.update(
            store, from: self.checkoutTree(store.tree(ofCommit: old), store, settings),
            to: self.checkoutTree(tree, store, settings), within: room)
    }

    /// A recorded tree with what the branch's moves since then have changed. A file that both have changed stays as recorded;
    /// the first 100 of those are named.
    package func tree(
        _ tree: GitObjectID, after moves: [BranchMove], as settings: GitSettings
    ) throws(GitError) -> (tree: GitObjectID, conflicts: [String]) {
        let store = try GitObjects(path: self.store)
        var merge = TreeMerge(store: store, fileBytes: Int(self.rules.fileBytes))
        var key: ObjectKey? = ObjectKey(tree)
        for move in BranchMove.joined(moves) {
            key = try merge.merge(
                base: self.checkoutTree(store.tree(ofCommit: move.old), store, settings), ours: key,
                theirs: self.checkoutTree(store.tree(ofCommit: move.new), store, settings))
        }
        let merged = if let key { key } else { try store.write([], .tree) }
        return (merged.id, merge.conflicts)
    }

    /// Makes the files as `head` has them. Files that `.gitignore` excludes stay.
    package func discardChanges(since head: GitObjectID, as settings: GitSettings) throws(GitError) -> Update {
        // With the line ends that the files have.
        let trees = try self.treeToCommit(on: head, as: nil, isChecked: false)
        let store = try GitObjects(path: self.store)
        return try self.update(
            store, from: ObjectKey(trees.new), to: self.checkoutTree(ObjectKey(trees.old), store, settings))
    }

    private func update(
        _ store: GitObjects, from old: ObjectKey, to new: ObjectKey, within room: FolderRoom? = nil
    ) throws(GitError) -> Update {
        let before = try self.scan()
        var merge = TreeMerge(store: store, fileBytes: Int(self.rules.fileBytes))
        let merged = try merge.merge(base: old, ours: ObjectKey(before.tree), theirs: new)
        guard merge.conflicts.isEmpty else {
            let nothing = Restoration(written: 0, removed: 0, failed: [], unheld: [])
            return Update(before: before, conflicts: merge.conflicts, restoration: nothing)
        }
        let tree = if let merged { merged } else { try store.write([], .tree) }
        if let room { try self.check(room, for: tree, store) }
        return Update(
            before: before, conflicts: [], restoration: try self.apply(tree.id, store, isWhole: room != nil))
    }
}
