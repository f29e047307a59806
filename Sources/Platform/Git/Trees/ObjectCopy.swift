internal import CGit2
internal import Glibc

/// Copies trees and commits to another store on this machine, with everything in them that it lacks.
struct ObjectCopy {
    /// More objects are written as a pack: each one by itself takes an inode and waits for the disk.
    private static let mostLoose = 500

    private let source: GitObjects
    private let target: GitObjects
    private var seen: Set<ObjectKey> = []
    /// Children first, so that an interrupted copy does not look complete.
    private var missing: [(key: ObjectKey, kind: GitObjects.Kind)] = []

    init(from source: GitObjects, to target: GitObjects) {
        self.source = source
        self.target = target
    }

    /// A commit without its history.
    mutating func add(commit id: GitObjectID) throws(GitError) {
        guard self.isMissing(ObjectKey(id)) else { return }
        try self.add(tree: self.source.tree(ofCommit: id))
        self.missing.append((ObjectKey(id), .commit))
    }

    mutating func add(tree root: ObjectKey) throws(GitError) {
        var waiting = [(key: root, isDone: false)]
        while let (key, isDone) = waiting.popLast() {
            guard !isDone else {
                self.missing.append((key, .tree))
                continue
            }
            guard self.isMissing(key) else { continue }
            try Self.checkCancellation()
            // What it has comes before it.
            waiting.append((key, true))
            let reader = try TreeReader(key, in: self.source, limit: .max)
            while let item = try reader.next() {
                if let folder = item.folder { waiting.append((folder, false)) }
                if item.isContent, self.isMissing(item.key) { self.missing.append((item.key, .blob)) }
            }
        }
    }

    private mutating func isMissing(_ key: ObjectKey) -> Bool {
        self.seen.insert(key).inserted && !self.target.has(key)
    }

    /// Writes what was added. When it returns, it is on the disk.
    func finish() throws(GitError) {
        guard self.missing.count <= Self.mostLoose else { return try self.writePack() }
        for (key, kind) in self.missing {
            try Self.checkCancellation()
            let object = try unsafe self.source.open(key, kind, limit: .max)
            defer { unsafe git_odb_object_free(object) }
            var id = git_oid()
            // The library's own writer flushes to disk.
            try unsafe GitLibrary.check(
                git_odb_write(
                    &id, self.target.database, git_odb_object_data(object), git_odb_object_size(object), kind.raw),
                "an object")
        }
    }

    private func writePack() throws(GitError) {
        // Nothing is compared: that takes much longer than it saves.
        try self.source.configure("core.bigFileThreshold", 1)
        let builder = try unsafe self.source.packBuilder("a pack")
        defer { unsafe git_packbuilder_free(builder) }
        for (key, _) in self.missing {
            var id = key.raw
            try unsafe GitLibrary.check(git_packbuilder_insert(builder, &id, nil), "an object")
        }
        let folder = self.target.folder + "pack"
        _ = unsafe mkdir(folder, 0o755)
        let status = unsafe git_packbuilder_write(builder, folder, 0, nil, nil)
        try Self.checkCancellation()
        try GitLibrary.check(status, "a pack")
    }

    private static func checkCancellation() throws(GitError) {
        if Task.isCancelled { throw GitError.cancelled }
    }
}
