internal import CGit2
internal import Glibc
internal import Primitives

/// Keeps the objects of a store as long as it exists: also those that no record leads to yet.
package final class StoreHold: Sendable {
    private let file: FileDescriptor

    init(_ file: consuming FileDescriptor) {
        self.file = file
    }
}

extension WorkFiles {
    /// Holds the store against ``prune()``, also that of another process. Hold it from a scan until its tree is kept.
    package func hold() throws(GitError) -> StoreHold {
        let number = self.lock(LOCK_SH)
        guard number >= 0 else { throw GitError(system: -number, "lock", "the store of snapshots") }
        self.checkGeneration(number)
        return StoreHold(FileDescriptor(owning: number))
    }

    /// Removes the objects to which no record leads. Returns how many; nil if somebody holds the store.
    ///
    /// A crash leaves some of them: they are removed the next time. What is left of a folder's objects is never taken
    /// for the whole, because a scan checks each object by itself.
    package func prune() throws(GitError) -> Int? {
        let number = self.lock(LOCK_EX | LOCK_NB)
        guard number != -EWOULDBLOCK else { return nil }
        guard number >= 0 else { throw GitError(system: -number, "lock", "the store of snapshots") }
        let file = FileDescriptor(owning: number)
        let kept = try self.reachable()
        let objects = try Folder(path: "\(self.store)/objects")
        var lost: [(folder: [UInt8], name: [UInt8])] = []
        let names = objects.names(limit: .max) ?? []
        // The library's drafts of large objects; a crash leaves them.
        for draft in names where draft.starts(with: "tmp_object".utf8) { _ = objects.remove(draft) }
        for folder in names where folder.count == 2 {
            for name in objects.folder(folder)?.names(limit: .max) ?? [] {
                let id = GitObjectID(String(decoding: folder + name, as: UTF8.self))
                // Drafts of a crash have no such name.
                if let id, kept.contains(ObjectKey(id)) { continue }
                lost.append((folder, name))
            }
        }
        guard !lost.isEmpty else { return 0 }
        // First, so that whoever remembers objects of an earlier scan looks at all files again.
        let status = FileDescriptor.write([0], to: file.rawValue)
        guard status == 0 else { throw GitError(system: status, "lock", "the store of snapshots") }
        self.checkGeneration(file.rawValue)
        var removed = 0
        for (folder, name) in lost {
            if objects.folder(folder)?.remove(name) == 0 { removed += 1 }
        }
        return removed
    }

    /// A locked file, whose size grows with each pruning; a negative `errno` on failure.
    private func lock(_ operation: Int32) -> Int32 {
        let number = unsafe open(
            "\(self.store)/prune.lock", O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { return -errno }
        while flock(number, operation) != 0 {
            guard errno != EINTR else { continue }
            let code = errno
            _ = close(number)
            return -code
        }
        return number
    }

    /// Forgets the last scan if objects were removed since.
    private func checkGeneration(_ lock: Int32) {
        let size = Folder.facts(of: lock)?.size ?? -1
        if size != self.generation { self.scanned = nil }
        self.generation = size
    }

    /// The objects of all records. What a damaged one leads to is not known, and not kept.
    private func reachable() throws(GitError) -> Set<ObjectKey> {
        let store = try GitObjects(path: self.store)
        var found: Set<ObjectKey> = []
        var trees: [ObjectKey] = []
        for commit in try Self.targets(store) {
            found.insert(commit)
            if let tree = try? store.tree(ofCommit: commit.id) { trees.append(tree) }
        }
        while let tree = trees.popLast() {
            guard found.insert(tree).inserted else { continue }
            for item in (try? store.tree(tree)) ?? [] {
                if item.kind == .folder { trees.append(item.key) } else { found.insert(item.key) }
            }
        }
        return found
    }

    private static func targets(_ store: GitObjects) throws(GitError) -> [ObjectKey] {
        let iterator = try unsafe GitLibrary.make("the list of snapshots") {
            unsafe git_reference_iterator_new($0, store.repository)
        }
        defer { unsafe git_reference_iterator_free(iterator) }
        var targets: [ObjectKey] = []
        var reference: OpaquePointer?
        while unsafe git_reference_next(&reference, iterator) == 0 {
            defer { unsafe git_reference_free(reference) }
            guard let target = unsafe git_reference_target(reference) else { continue }
            unsafe targets.append(ObjectKey(target.pointee))
        }
        return targets
    }
}
