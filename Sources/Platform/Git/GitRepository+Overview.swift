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

    /// The first `limit` branches by name, local ones first; the branch that HEAD names always is among them. Fewer
    /// where their commits are too much to read; see ``HistoryEffort``.
    package func tips(limit: Int) throws(GitError) -> Bounded<Tip> {
        let store = try self.openStore()
        let all = try unsafe self.branches(store.repository)
        var chosen = Array(all.indices.prefix(limit))
        var head: Int?
        if let name = try? unsafe self.headBranch(store.repository) {
            head = all.firstIndex { !$0.isRemote && $0.name.utf8.elementsEqual(name.utf8) }
        }
        if let head, head >= chosen.count { chosen[chosen.count - 1] = head }
        let effort = HistoryEffort()
        var tips: [Tip] = []
        for place in chosen where place == head || !effort.isSpent {
            let branch = all[place]
            let commit: GitCommit
            do throws(GitError) {
                commit = try GitCommit(branch.id, in: store)
            } catch  where error.code == .tooLarge {
                // One with an enormous message hides no other.
                continue
            }
            let mayKeep = try effort.take(commit.message.utf8.count) && effort.keep(commit)
            if mayKeep || place == head { tips.append(Tip(branch: branch, commit: commit)) }
        }
        return Bounded(items: tips, isCut: tips.count < all.count)
    }

    /// The files below `path` ("" is the root) whose names have one of the endings, in the order of their paths. Links
    /// are not followed. Visits at most `visits` entries, so that a huge tree cannot occupy the thread. Empty if there is
    /// no such directory.
    package func files(
        in path: String, endings: [String], at id: GitObjectID, limit: Int, visits: Int = 20_000
    ) throws(GitError) -> Bounded<FoundFile> {
        if !path.isEmpty { try GitName.checkPath(path) }
        let store = try self.openStore()
        var search = FileSearch(store: store, endings: endings, limit: limit, visits: visits)
        do throws(GitError) {
            try search.visit(Self.folder(path, at: id, in: store), path)
        } catch  where error.code == .notFound {
            return Bounded(items: [], isCut: false)
        }
        search.found.items.sort { $0.path.precedes($1.path) }
        return search.found
    }

    /// The directories directly in `path` with their ids; two with the same id have the same content. Empty if there is
    /// no such directory. Throws ``GitError/Code/tooLarge`` for more than can be shown.
    package func directories(in path: String, at id: GitObjectID) throws(GitError) -> [(name: String, id: GitObjectID)]
    {
        try GitName.checkPath(path)
        let store = try self.openStore()
        do throws(GitError) {
            let limits = TreeLimits.show()
            let reader = try TreeReader(Self.folder(path, at: id, in: store), in: store)
            var found: [(name: String, id: GitObjectID)] = []
            while let item = try reader.next() {
                guard let key = item.folder else { continue }
                guard found.count < limits.paths else { throw limits.tooManyFiles("the folder") }
                found.append((String(decoding: item.name, as: UTF8.self), key.id))
            }
            return found
        } catch  where error.code == .notFound {
            return []
        }
    }

    /// The names of the directories directly in `path` at each of some commits; none where there is no such directory.
    /// Reads what commits share only once. Ends after `limit` different names, or where they are too much to read.
    package func directoryNames(
        in path: String, at ids: [GitObjectID], limit: Int
    ) throws(GitError) -> Bounded<[String]> {
        try GitName.checkPath(path)
        let store = try self.openStore()
        let effort = HistoryEffort()
        var commits = try CommitWalk(store, effort)
        let lookup = PathLookup(store, [path], effort)
        var known: [ObjectKey: [String]] = [:]
        var left = limit
        var found = Bounded<[String]>(items: [], isCut: false)
        for id in ids {
            var names: [String] = []
            if let commit = try commits.commit(ObjectKey(id)), let folder = try lookup.folder(in: commit.tree) {
                if let read = known[folder] {
                    names = read
                } else {
                    names = try lookup.names(in: folder, limit: left + 1)
                        .map { String(decoding: $0, as: UTF8.self) }
                    if names.count > left {
                        found.isCut = true
                        names.removeLast()
                    }
                    left -= names.count
                    known[folder] = names
                }
            }
            found.items.append(names)
        }
        found.isCut = found.isCut || effort.isSpent
        return found
    }

    /// The first branch that has a directory at `path`: in the order of `rank`, then local ones before remote ones, then
    /// by name. Looks at the first of them in this order, and at the newest 1,000.
    package func branch(
        with path: String, rank: @Sendable (Branch) -> Int
    ) throws(GitError) -> Branch? {
        try GitName.checkPath(path)
        let store = try self.openStore()
        let effort = HistoryEffort()
        var commits = try CommitWalk(store, effort)
        let lookup = PathLookup(store, [path], effort)
        let all = try unsafe self.branches(store.repository)
        let newest = Set(try Self.newestPlaces(all, &commits))
        // The rank once for each: it may compare names.
        let ranked = all.indices.map { (rank: rank(all[$0]), place: $0) }.sorted { one, other in
            one.rank == other.rank ? one.place < other.place : one.rank < other.rank
        }
        for (index, (_, place)) in ranked.enumerated() where index < 10 || newest.contains(place) {
            let branch = all[place]
            guard let commit = try commits.commit(ObjectKey(branch.id)) else { continue }
            if try lookup.folder(in: commit.tree) != nil { return branch }
        }
        return nil
    }

    /// The places of the branches in the same order; of more than 1,000 those with the newest commits, because each may
    /// have a folder of many megabytes. Of more than 10,000 only the first ones are looked at.
    static func newestPlaces(_ branches: [Branch], _ commits: inout CommitWalk) throws(GitError) -> [Int] {
        let most = 1_000
        guard branches.count > most else { return Array(branches.indices) }
        var dated: [(place: Int, time: Int64)] = []
        for (place, branch) in branches.prefix(10 * most).enumerated() {
            let commit = try commits.commit(ObjectKey(branch.id))
            dated.append((place, commit?.time ?? .min))
        }
        dated.sort { one, other in
            one.time == other.time ? one.place < other.place : one.time > other.time
        }
        return dated.prefix(most).map(\.place).sorted()
    }

    /// The first `count` bytes of each file, in one step. A file that cannot be read, or is much larger than documents
    /// are, is left out.
    package func beginnings(of files: [FoundFile], count: Int) throws(GitError) -> [GitObjectID: [UInt8]] {
        try self.beginnings(of: files.map(\.id), count: count, largest: max(count, GitDiffLimits.standardFileBytes))
    }

    func beginnings(
        of ids: some Sequence<GitObjectID>, count: Int, largest: Int
    ) throws(GitError) -> [GitObjectID: [UInt8]] {
        let store = try self.openStore()
        var texts: [GitObjectID: [UInt8]] = [:]
        for id in ids where texts[id] == nil {
            guard let bytes = try? store.read(ObjectKey(id), .blob, limit: largest) else { continue }
            texts[id] = Array(bytes.prefix(count))
        }
        return texts
    }
}

/// A search through directories for files by the endings of their names.
private struct FileSearch {
    let store: GitObjects
    let endings: [String]
    let limit: Int
    var visits: Int
    var found = GitRepository.Bounded<GitRepository.FoundFile>(items: [], isCut: false)
    /// Bytes of directories' objects that may still be read. Those that are open stay in memory.
    private var left = 32 << 20

    /// Deeper directories are left out: they hold no documents.
    private static let depthLimit = 16

    init(store: GitObjects, endings: [String], limit: Int, visits: Int) {
        self.store = store
        self.endings = endings
        self.limit = limit
        self.visits = visits
    }

    mutating func visit(_ folder: ObjectKey, _ path: String) throws(GitError) {
        var open: [(reader: TreeReader, path: String)] = []
        try self.open(folder, path, &open)
        while let (reader, path) = open.last, !self.found.isCut {
            guard let item = try reader.next() else {
                open.removeLast()
                continue
            }
            guard self.visits > 0 else {
                self.found.isCut = true
                return
            }
            self.visits -= 1
            let name = String(decoding: item.name, as: UTF8.self)
            let place = path.isEmpty ? name : "\(path)/\(name)"
            switch item.kind {
            case .folder where open.count <= Self.depthLimit: try self.open(item.key, place, &open)
            case .file, .executable:
                let lower = name.lowercased().utf8
                if self.endings.contains(where: { lower.suffix($0.utf8.count).elementsEqual($0.utf8) }) {
                    self.take(item, place)
                }
            default: break
            }
        }
    }

    private mutating func open(
        _ folder: ObjectKey, _ path: String, _ open: inout [(reader: TreeReader, path: String)]
    ) throws(GitError) {
        let size = try self.store.header(folder, .tree)
        guard size <= self.left else {
            self.found.isCut = true
            return
        }
        self.left -= size
        open.append((try TreeReader(folder, in: self.store), path))
    }

    private mutating func take(_ item: TreeItem, _ path: String) {
        guard self.found.items.count < self.limit else {
            self.found.isCut = true
            return
        }
        guard let size = try? self.store.header(item.key, .blob) else { return }
        self.found.items.append(GitRepository.FoundFile(path: path, id: item.key.id, size: size))
    }
}
