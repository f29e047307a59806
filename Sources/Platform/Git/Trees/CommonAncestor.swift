/// Finds where two histories part, and whether one contains the other.
///
/// Marks the ancestors of both, the newest first, as `git merge-base` does, until all commits that wait are below a
/// common ancestor. Dates decide only about the order, so wrong ones cost time and no more. Reads what the effort
/// allows; the library's search reads histories of any length.
struct CommonAncestor {
    private let first: GitObjectID
    private let second: GitObjectID
    private let effort: HistoryEffort
    private var walk: CommitWalk

    init(
        of first: GitObjectID, _ second: GitObjectID, in store: GitObjects, _ effort: HistoryEffort = HistoryEffort()
    ) throws(GitError) {
        self.first = first
        self.second = second
        self.effort = effort
        self.walk = try CommitWalk(store, effort)
    }

    /// The newest of the common ancestors that no other common ancestor contains; nil if the histories are separate.
    /// Throws ``GitError/Code/notFound`` unless both commits exist, and ``GitError/Code/tooLarge`` once the effort is
    /// spent.
    mutating func find() throws(GitError) -> GitObjectID? {
        for id in [self.first, self.second] { try self.walk.check(id) }
        let history = try self.search(from: ObjectKey(self.first), and: [ObjectKey(self.second)])
        let best = try self.best(of: history.common)
        return best.max { $0.time < $1.time }?.key.id
    }

    /// Whether the first commit is the second one or one of its ancestors. Throws ``GitError/Code/tooLarge`` once the
    /// effort is spent.
    mutating func isFirstContained() throws(GitError) -> Bool {
        let first = ObjectKey(self.first)
        let history = try self.search(from: first, and: [ObjectKey(self.second)], untilContained: true)
        return history.marks(of: first).contains(.other)
    }

    /// Without those that others contain: with wrong dates, one may be found before the commit that contains it.
    private mutating func best(of found: [CommitWalk.Commit]) throws(GitError) -> [CommitWalk.Commit] {
        var left = Set(found.map(\.key))
        for commit in found where left.count > 1 && left.contains(commit.key) {
            let others = left.subtracting([commit.key])
            let history = try self.search(from: commit.key, and: Array(others))
            left.subtract(others.filter { history.marks(of: $0).contains(.one) })
            if history.marks(of: commit.key).contains(.other) { left.remove(commit.key) }
        }
        return found.filter { left.contains($0.key) }
    }

    /// - Parameter untilContained: Whether nothing more is of interest once `one` is found among the ancestors of the
    ///   others.
    private mutating func search(
        from one: ObjectKey, and others: [ObjectKey], untilContained: Bool = false
    ) throws(GitError) -> MarkedHistory {
        var history = MarkedHistory()
        try self.mark(one, .one, in: &history)
        for other in others { try self.mark(other, .other, in: &history) }
        while let (commit, marks) = history.next() {
            if untilContained, history.marks(of: one).contains(.other) { break }
            for parent in commit.parents { try self.mark(parent, marks, in: &history) }
        }
        return history
    }

    private mutating func mark(
        _ key: ObjectKey, _ marks: MarkedHistory.Marks, in history: inout MarkedHistory
    ) throws(GitError) {
        // A commit that is known takes time as well, and with wrong dates it is reached up to three times.
        guard try self.effort.take(0) else { throw self.tooLarge }
        // Nothing is behind one that cannot be read.
        let commit = try self.walk.commit(key)
        guard !self.effort.isSpent else { throw self.tooLarge }
        if let commit { history.add(marks, to: commit) }
    }

    private var tooLarge: GitError {
        GitError(
            .tooLarge,
            "too large to compare: the histories of \(self.first.short) and \(self.second.short) have too many commits "
                + "to find where they part: compare them with `git` in a clone")
    }
}

/// Commits with marks that say from where they were reached.
private struct MarkedHistory {
    struct Marks: OptionSet {
        let rawValue: UInt8

        static let one = Marks(rawValue: 1)
        static let other = Marks(rawValue: 2)
        /// Reached from a common ancestor.
        static let below = Marks(rawValue: 4)
    }

    private struct Item {
        let commit: CommitWalk.Commit
        var marks: Marks = []
        var isWaiting = false
    }

    private var items: [Item] = []
    private var places: [ObjectKey: Int] = [:]
    private var waiting = CommitQueue()
    /// How many that wait are not below a common ancestor.
    private var waitingAbove = 0
    private var found: [Int] = []

    /// What was reached from both sides, and, as far as is known, not from another such commit.
    var common: [CommitWalk.Commit] {
        self.found.map { self.items[$0] }.filter { !$0.marks.contains(.below) }.map(\.commit)
    }

    func marks(of key: ObjectKey) -> Marks { self.places[key].map { self.items[$0].marks } ?? [] }

    /// With a new mark, the commit waits, also if it has been visited before.
    mutating func add(_ marks: Marks, to commit: CommitWalk.Commit) {
        let place = self.places[commit.key] ?? self.items.count
        if place == self.items.count {
            self.places[commit.key] = place
            self.items.append(Item(commit: commit))
        }
        let (old, wasWaiting) = (self.items[place].marks, self.items[place].isWaiting)
        guard !old.isSuperset(of: marks) else { return }
        let new = old.union(marks)
        self.items[place].marks = new
        if wasWaiting, !old.contains(.below) { self.waitingAbove -= 1 }
        if !new.contains(.below) { self.waitingAbove += 1 }
        guard !wasWaiting else { return }
        self.items[place].isWaiting = true
        self.waiting.push(place, time: commit.time)
    }

    /// The newest commit that waits, and the marks of its parents; nil once all that wait are below a common ancestor.
    mutating func next() -> (commit: CommitWalk.Commit, marks: Marks)? {
        guard self.waitingAbove > 0, let place = self.waiting.pop() else { return nil }
        self.items[place].isWaiting = false
        var marks = self.items[place].marks
        if !marks.contains(.below) { self.waitingAbove -= 1 }
        if marks == [.one, .other] {
            self.found.append(place)
            marks.insert(.below)
        }
        return (self.items[place].commit, marks)
    }
}
