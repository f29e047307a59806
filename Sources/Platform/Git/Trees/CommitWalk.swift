internal import CGit2

/// Visits commits and their ancestors: each time the one with the newest date of those that are known, as `git log`
/// does.
///
/// Reads a commit once, when the first of its children is visited, and no more than the effort allows. The library's
/// walk reads the whole history first for some orders, and messages and parents of any number.
struct CommitWalk {
    struct Commit {
        let key: ObjectKey
        let tree: ObjectKey
        /// The first ``GitCommit/mostParents``; more are ignored.
        let parents: [ObjectKey]
        /// In seconds since 1970, as whoever made it says.
        let time: Int64
        /// Whether it is left out, with its ancestors.
        fileprivate var isHidden = false
        fileprivate var isWaiting = true
    }

    /// A commit of more bytes is not read, so its ancestors are not found either.
    private static let mostBytes = 16 << 20
    /// How many hidden commits are looked at after the last one to be visited: dates may be wrong. As in `git`.
    private static let slop = 5

    private let store: GitObjects
    private let effort: HistoryEffort
    private var commits: [Commit] = []
    private var places: [ObjectKey: Int] = [:]
    private var unreadable: Set<ObjectKey> = []
    private var waiting = CommitQueue()
    /// How many that wait are not hidden.
    private var waitingShown = 0
    private let isHiding: Bool
    /// What is left to be visited, the newest last, if anything is hidden.
    private var listed: [Int]?

    /// Throws ``GitError/Code/notFound`` for a start that is no commit.
    ///
    /// - Parameter hidden: A commit that is left out with its ancestors.
    init(
        _ store: GitObjects, from starts: [GitObjectID] = [], without hidden: GitObjectID? = nil,
        _ effort: HistoryEffort
    ) throws(GitError) {
        self.store = store
        self.effort = effort
        self.isHiding = hidden != nil
        if let hidden { try self.push(hidden, isHidden: true) }
        for start in starts { try self.push(start, isHidden: false) }
    }

    /// Whether commits may be left because the effort is spent.
    var isCut: Bool { self.effort.isSpent }

    /// The next commit; nil at the end, and when the effort is spent.
    mutating func next() throws(GitError) -> Commit? {
        if self.isHiding {
            if self.listed == nil {
                let shown = try self.listShown()
                self.listed = Array(shown.reversed())
            }
            guard let place = self.listed?.popLast() else { return nil }
            return self.commits[place]
        }
        guard let place = self.waiting.pop() else { return nil }
        try self.follow(place)
        return self.effort.isSpent ? nil : self.commits[place]
    }

    /// A commit; nil if it cannot be read, or the effort is spent.
    mutating func commit(_ key: ObjectKey) throws(GitError) -> Commit? {
        guard let place = try self.place(of: key) else { return nil }
        return self.commits[place]
    }

    /// Throws ``GitError/Code/notFound`` unless there is such a commit.
    func check(_ id: GitObjectID) throws(GitError) {
        let what = "the commit \(id.short) was not found: check its name"
        let kind = try self.store.header(ObjectKey(id)).kind
        guard kind == GIT_OBJECT_COMMIT else { throw GitError(.notFound, what) }
    }

    private mutating func push(_ id: GitObjectID, isHidden: Bool) throws(GitError) {
        try self.check(id)
        guard let place = try self.place(of: ObjectKey(id)) else { return }
        if isHidden { self.hide(place) }
    }

    /// Finds the parents of a commit that no longer waits.
    private mutating func follow(_ place: Int) throws(GitError) {
        let commit = self.commits[place]
        self.commits[place].isWaiting = false
        if !commit.isHidden { self.waitingShown -= 1 }
        for parent in commit.parents {
            guard let older = try self.place(of: parent) else { continue }
            if commit.isHidden { self.hide(older) }
        }
    }

    /// Reads a commit unless it is known; then it waits to be visited.
    private mutating func place(of key: ObjectKey) throws(GitError) -> Int? {
        if let known = self.places[key] { return known }
        guard !self.effort.isSpent, !self.unreadable.contains(key) else { return nil }
        guard let commit = try self.read(key) else {
            self.unreadable.insert(key)
            return nil
        }
        let place = self.commits.count
        self.commits.append(commit)
        self.places[key] = place
        self.waitingShown += 1
        self.waiting.push(place, time: commit.time)
        return place
    }

    private func read(_ key: ObjectKey) throws(GitError) -> Commit? {
        let size = try? self.store.header(key, .commit)
        // What is missing takes time, too.
        let mayRead = try self.effort.take(min(size ?? 0, Self.mostBytes))
        guard mayRead, let size, size <= Self.mostBytes else { return nil }
        guard let bytes = try? self.store.read(key, .commit, limit: size) else { return nil }
        guard let commit = Commit(key, bytes) else { return nil }
        let mayFollow = try self.effort.take(commit.parents.count * HistoryEffort.object)
        return mayFollow ? commit : nil
    }

    // MARK: Hiding

    /// The places of all that are not hidden, the newest first. Which ones are hidden is known only at the end, because
    /// a commit may be found before its hidden child.
    private mutating func listShown() throws(GitError) -> [Int] {
        var shown: [Int] = []
        var oldest = Int64.max
        var slop = Self.slop
        while let place = self.waiting.pop() {
            if self.waitingShown > 0 || self.commits[place].time >= oldest {
                slop = Self.slop
            } else {
                slop -= 1
                guard slop > 0 else { break }
            }
            try self.follow(place)
            guard !self.commits[place].isHidden else { continue }
            shown.append(place)
            oldest = self.commits[place].time
        }
        return shown.filter { !self.commits[$0].isHidden }
    }

    private mutating func hide(_ place: Int) {
        var found = [place]
        while let place = found.popLast() {
            guard !self.commits[place].isHidden else { continue }
            self.commits[place].isHidden = true
            if self.commits[place].isWaiting {
                self.waitingShown -= 1
            } else {
                for parent in self.commits[place].parents {
                    if let older = self.places[parent] { found.append(older) }
                }
            }
        }
    }
}

extension CommitWalk.Commit {
    private static let newline = UInt8(ascii: "\n")
    private static let treeLabel = Array("tree ".utf8)
    private static let parentLabel = Array("parent ".utf8)
    private static let committerLabel = Array("committer ".utf8)

    /// Nil unless the bytes begin as a commit does.
    fileprivate init?(_ key: ObjectKey, _ bytes: [UInt8]) {
        var tree: ObjectKey?
        var parents: [ObjectKey] = []
        var time: Int64 = 0
        var start = 0
        // An empty line ends the header.
        while let end = bytes[start...].firstIndex(of: Self.newline), end > start {
            let line = bytes[start..<end]
            start = end + 1
            if line.starts(with: Self.parentLabel) {
                guard parents.count < GitCommit.mostParents else { continue }
                guard let parent = Self.hash(line.dropFirst(Self.parentLabel.count)) else { return nil }
                parents.append(parent)
            } else if line.starts(with: Self.treeLabel) {
                tree = Self.hash(line.dropFirst(Self.treeLabel.count))
            } else if line.starts(with: Self.committerLabel) {
                time = Self.time(line)
                break
            }
        }
        guard let tree else { return nil }
        self.init(key: key, tree: tree, parents: parents, time: time)
    }

    private static func hash(_ digits: ArraySlice<UInt8>) -> ObjectKey? {
        guard let id = GitObjectID(String(decoding: digits, as: UTF8.self)) else { return nil }
        return ObjectKey(id)
    }

    /// The seconds after the address, or 0 where a commit has no date.
    private static func time(_ line: ArraySlice<UInt8>) -> Int64 {
        guard let address = line.lastIndex(of: UInt8(ascii: ">")) else { return 0 }
        let words = line[(address + 1)...].split(separator: UInt8(ascii: " "))
        guard let seconds = words.first else { return 0 }
        return GitSignature.bounded(Int64(String(decoding: seconds, as: UTF8.self)) ?? 0)
    }
}

/// Commits by their dates, the newest first; of the same date, the one that was found first.
struct CommitQueue {
    private var items: [(place: Int, time: Int64)] = []

    mutating func push(_ place: Int, time: Int64) {
        self.items.append((place, time))
        var child = self.items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard self.isBefore(child, parent) else { return }
            self.items.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> Int? {
        guard let first = self.items.first else { return nil }
        self.items.swapAt(0, self.items.count - 1)
        self.items.removeLast()
        var parent = 0
        while true {
            var next = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < self.items.count {
                if self.isBefore(child, next) { next = child }
            }
            guard next != parent else { return first.place }
            self.items.swapAt(parent, next)
            parent = next
        }
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        let (left, right) = (self.items[one], self.items[other])
        return left.time == right.time ? left.place < right.place : left.time > right.time
    }
}
