internal import CGit2

/// Looks at commits before the library packs them: it walks their trees by recursion, and reads each file whole.
///
/// As the library does, it visits each folder's object once, however many paths lead to it.
struct PackCheck {
    /// Bytes of one file.
    private static let fileBytes = 512 << 20

    private let store: GitObjects
    /// "the bundle".
    private let subject: String
    /// How many folders are inside each other in a tree, itself included.
    private var heights: [ObjectKey: Int] = [:]
    private var files: Set<ObjectKey> = []

    init(_ store: GitObjects, of subject: String) {
        self.store = store
        self.subject = subject
    }

    /// Throws ``GitError/Code/tooLarge`` for commits that the library must not get.
    ///
    /// - Parameter known: Commits that the receiver has, with their history.
    mutating func check(_ ids: [GitObjectID], without known: [GitObjectID]) throws(GitError) {
        for id in known { try self.measure(self.store.tree(ofCommit: id), isSent: false) }
        let walk = try unsafe self.store.walk(from: ids, without: known, of: self.subject)
        defer { unsafe git_revwalk_free(walk) }
        var id = git_oid()
        while unsafe git_revwalk_next(&id, walk) == 0 {
            try self.measure(self.store.tree(ofCommit: GitObjectID(id)), isSent: true)
        }
    }

    private mutating func measure(_ root: ObjectKey, isSent: Bool) throws(GitError) {
        var waiting = [(key: root, folders: [ObjectKey]?.none)]
        while let (key, folders) = waiting.popLast() {
            if let folders {
                let height = 1 + (folders.map { self.heights[$0] ?? 0 }.max() ?? 0)
                guard height <= TreeLimits.depth else {
                    throw TreeLimits.send.error(
                        self.subject, "has folders more than \(TreeLimits.depth) levels deep")
                }
                self.heights[key] = height
                continue
            }
            guard self.heights[key] == nil else { continue }
            let inner = try self.folders(in: key, isSent: isSent)
            // After what is in it.
            waiting.append((key, inner))
            for folder in inner { waiting.append((folder, nil)) }
        }
    }

    private mutating func folders(in key: ObjectKey, isSent: Bool) throws(GitError) -> [ObjectKey] {
        let reader = try TreeReader(key, in: self.store)
        var folders: [ObjectKey] = []
        while let item = try reader.next() {
            if let folder = item.folder { folders.append(folder) }
            guard isSent, item.isContent, self.files.insert(item.key).inserted else { continue }
            guard try self.store.header(item.key, .blob) > Self.fileBytes else { continue }
            throw TreeLimits.send.error(
                self.subject,
                "has a file of more than \(Self.fileBytes >> 20) MB "
                    + "(\(GitName.printable(String(decoding: item.name, as: UTF8.self))))")
        }
        return folders
    }
}
