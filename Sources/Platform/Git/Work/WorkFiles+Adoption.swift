internal import CGit2
internal import Glibc
internal import Primitives

// A workspace that is rebuilt from what another one has stored.
extension WorkFiles {
    /// Copies commits from another store on this machine, with their trees and without their history, and keeps each at
    /// its reference, of which none may exist.
    package func adopt(_ records: [(reference: String, commit: GitObjectID)], from path: String) throws(GitError) {
        let target = try GitObjects(path: self.store)
        var copy = try ObjectCopy(from: GitObjects(path: path), to: target)
        for (_, commit) in records { try copy.add(commit: commit) }
        try copy.finish()
        for (reference, commit) in records {
            try unsafe GitLibrary.setReference(
                reference, to: commit, in: target.repository, mayReplace: false, "the snapshot")
        }
    }

    /// Copies trees to a repository on this machine, so that it need not do so on the thread that all repositories share.
    package func send(_ trees: [GitObjectID], to path: String) throws(GitError) {
        var copy = try ObjectCopy(from: GitObjects(path: self.store), to: GitObjects(path: path))
        for tree in trees { try copy.add(tree: ObjectKey(tree)) }
        try copy.finish()
    }

    /// Copies the trees of commits likewise.
    package func send(commits: [GitObjectID], to path: String) throws(GitError) {
        let store = try GitObjects(path: self.store)
        try self.send(commits.map { (id) throws(GitError) in try store.tree(ofCommit: id).id }, to: path)
    }

    /// Makes empty folders that a tree does not have.
    package func makeFolders(_ folders: EmptyFolders) throws(GitError) {
        let top = try Folder(path: self.folder)
        let owner = Self.owner(of: top)
        // Parents first.
        for path in folders.withParents.sorted(by: { $0.count < $1.count }) {
            let parts = path.split(separator: UInt8(ascii: "/")).map { Array($0) }
            let parent = Array(parts.dropLast().joined(separator: [UInt8(ascii: "/")]))
            guard TreeItem.isSafe(parts[parts.count - 1]), let folder = top.folder(parent.isEmpty ? [46] : parent)
            else { continue }
            let status = folder.makeFolder(parts[parts.count - 1], owner: owner)
            guard status == 0 || status == EEXIST else { throw GitError(system: status, "make", "a folder") }
        }
    }
}
