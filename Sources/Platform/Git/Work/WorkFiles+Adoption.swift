internal import CGit2
internal import Glibc
internal import Primitives

// A workspace that is rebuilt from what another one has stored.
extension WorkFiles {
    /// Copies commits from another store on this machine, with their trees and without their history, and keeps each at
    /// its reference, of which none may exist.
    package func adopt(_ records: [(reference: String, commit: GitObjectID)], from path: String) throws(GitError) {
        let (source, target) = (try ObjectStore(path: path), try ObjectStore(path: self.store))
        for (reference, commit) in records {
            try Self.copy(source.tree(ofCommit: commit), .tree, from: source, to: target)
            try Self.copy(ObjectKey(commit), .commit, from: source, to: target)
            var id = commit.raw
            var made: OpaquePointer?
            defer { unsafe git_reference_free(made) }
            let status = unsafe git_reference_create(&made, target.repository, reference, &id, 0, nil)
            try GitLibrary.check(status, "the snapshot")
        }
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

    /// Children first, so that an interrupted copy does not look complete.
    private static func copy(
        _ key: ObjectKey, _ kind: ObjectStore.Kind, from source: ObjectStore, to target: ObjectStore
    ) throws(GitError) {
        guard !target.has(key) else { return }
        if kind == .tree {
            for item in try source.tree(key) where item.kind != .submodule {
                try Self.copy(item.key, item.kind == .folder ? .tree : .blob, from: source, to: target)
            }
        }
        _ = try target.write(source.read(key, kind, limit: .max), kind)
    }
}
