internal import CGit2

extension GitRepository {
    /// A branch with the commit that it points to.
    package struct Tip: Sendable, Hashable {
        package let branch: Branch
        package let commit: GitCommit
    }

    /// A file found by its name.
    package struct FoundFile: Sendable, Hashable {
        package let path: String
        package let id: GitObjectID
        /// In bytes.
        package let size: Int
    }

    /// Part of a list that may be too long to read completely.
    package struct Bounded<Item: Sendable>: Sendable {
        package var items: [Item]
        /// Whether items are missing.
        package var isCut: Bool

        package init(items: [Item], isCut: Bool) {
            self.items = items
            self.isCut = isCut
        }
    }

    /// The first `limit` branches by name, local ones first; the branch that HEAD names always is among them.
    package func tips(limit: Int) throws(GitError) -> Bounded<Tip> {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let all = try unsafe self.branches(repository)
        var chosen = Array(all.prefix(limit))
        let head = try? unsafe self.headBranch(repository)
        if let head, let branch = all.first(where: { $0.name == head && !$0.isRemote }), !chosen.contains(branch) {
            chosen[chosen.count - 1] = branch
        }
        var tips: [Tip] = []
        for branch in chosen { tips.append(Tip(branch: branch, commit: try unsafe self.read(branch.id, repository))) }
        return Bounded(items: tips, isCut: all.count > limit)
    }

    /// The files below `path` ("" is the root) whose names have one of the endings, in the order of their paths. Links
    /// are not followed. Visits at most `visits` entries, so that a huge tree cannot occupy the thread. Empty if there is
    /// no such directory.
    package func files(
        in path: String, endings: [String], at id: GitObjectID, limit: Int, visits: Int = 20_000
    ) throws(GitError) -> Bounded<FoundFile> {
        if !path.isEmpty { try GitName.checkPath(path) }
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        var search = FileSearch(endings: endings, limit: limit, visits: visits)
        do throws(GitError) {
            let tree = try unsafe self.object(path, at: id, GIT_OBJECT_TREE, repository)
            defer { unsafe git_object_free(tree) }
            try unsafe search.visit(tree, path, repository)
        } catch  where error.code == .notFound {
            return Bounded(items: [], isCut: false)
        }
        search.found.items.sort { $0.path < $1.path }
        return search.found
    }

    /// The directories directly in `path` with their ids; two with the same id have the same content. Empty if there is
    /// no such directory.
    package func directories(in path: String, at id: GitObjectID) throws(GitError) -> [(name: String, id: GitObjectID)]
    {
        try GitName.checkPath(path)
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let tree: OpaquePointer
        do throws(GitError) {
            unsafe tree = try unsafe self.object(path, at: id, GIT_OBJECT_TREE, repository)
        } catch  where error.code == .notFound {
            return []
        }
        defer { unsafe git_object_free(tree) }
        var found: [(name: String, id: GitObjectID)] = []
        for index in 0..<(unsafe git_tree_entrycount(tree)) {
            guard let entry = unsafe git_tree_entry_byindex(tree, index),
                unsafe git_tree_entry_type(entry) == GIT_OBJECT_TREE, let name = unsafe git_tree_entry_name(entry)
            else { continue }
            unsafe found.append((String(cString: name), GitObjectID(git_tree_entry_id(entry).pointee)))
        }
        return found
    }

    /// The first of all branches that has a directory at `path`: in the order of `rank`, then local ones before remote
    /// ones, then by name.
    package func branch(
        with path: String, rank: @Sendable (Branch) -> Int
    ) throws(GitError) -> Branch? {
        try GitName.checkPath(path)
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let ranked = try unsafe self.branches(repository).enumerated().sorted { left, right in
            (rank(left.element), left.offset) < (rank(right.element), right.offset)
        }
        for (_, branch) in ranked {
            do throws(GitError) {
                unsafe git_object_free(try unsafe self.object(path, at: branch.id, GIT_OBJECT_TREE, repository))
                return branch
            } catch  where error.code == .notFound {
                continue
            }
        }
        return nil
    }

    /// The first `count` bytes of each file, in one step. A file that cannot be read is left out.
    package func beginnings(of files: [FoundFile], count: Int) throws(GitError) -> [GitObjectID: [UInt8]] {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        var texts: [GitObjectID: [UInt8]] = [:]
        for file in files where texts[file.id] == nil {
            var id = file.id.raw
            var blob: OpaquePointer?
            guard unsafe git_blob_lookup(&blob, repository, &id) == 0 else { continue }
            defer { unsafe git_blob_free(blob) }
            let size = min(count, Int(clamping: unsafe git_blob_rawsize(blob)))
            texts[file.id] = unsafe Array(UnsafeRawBufferPointer(start: git_blob_rawcontent(blob), count: size))
        }
        return texts
    }
}

/// A search through directories for files by the endings of their names.
private struct FileSearch {
    let endings: [String]
    let limit: Int
    var visits: Int
    var found = GitRepository.Bounded<GitRepository.FoundFile>(items: [], isCut: false)

    /// Deeper directories are left out: they hold no documents, and the stack is finite.
    private static let depthLimit = 16

    mutating func visit(
        _ tree: OpaquePointer, _ path: String, _ repository: OpaquePointer, depth: Int = 0
    ) throws(GitError) {
        for index in 0..<(unsafe git_tree_entrycount(tree)) {
            guard !self.found.isCut, let entry = unsafe git_tree_entry_byindex(tree, index),
                let raw = unsafe git_tree_entry_name(entry)
            else { continue }
            guard self.visits > 0 else {
                self.found.isCut = true
                return
            }
            self.visits -= 1
            let name = unsafe String(cString: raw)
            let place = path.isEmpty ? name : "\(path)/\(name)"
            switch unsafe git_tree_entry_filemode(entry) {
            case GIT_FILEMODE_TREE where depth < Self.depthLimit:
                let folder = try unsafe GitLibrary.make("the folder \(place)") {
                    unsafe git_tree_entry_to_object($0, repository, entry)
                }
                defer { unsafe git_object_free(folder) }
                try unsafe self.visit(folder, place, repository, depth: depth + 1)
            case GIT_FILEMODE_BLOB, GIT_FILEMODE_BLOB_EXECUTABLE:
                let lower = name.lowercased()
                if self.endings.contains(where: { lower.hasSuffix($0) }) {
                    unsafe self.take(entry, place, repository)
                }
            default: break
            }
        }
    }

    private mutating func take(_ entry: OpaquePointer, _ path: String, _ repository: OpaquePointer) {
        guard self.found.items.count < self.limit else {
            self.found.isCut = true
            return
        }
        var blob: OpaquePointer?
        guard unsafe git_tree_entry_to_object(&blob, repository, entry) == 0 else { return }
        defer { unsafe git_object_free(blob) }
        unsafe self.found.items.append(
            GitRepository.FoundFile(
                path: path, id: GitObjectID(git_tree_entry_id(entry).pointee),
                size: Int(clamping: git_blob_rawsize(blob))))
    }
}
