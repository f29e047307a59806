internal import Glibc

/// What comparing files line by line may cost at most. The library compares a megabyte of prose in milliseconds, but two
/// files of a megabyte whose lines are all "0" or "1" in three seconds, and any number of paths may have them.
struct LineCost {
    struct File {
        let key: ObjectKey
        /// In bytes.
        let size: Int
    }

    /// About eight seconds.
    static let limit = 1_000_000_000.0

    private let store: ObjectStore
    private var spent = 0.0
    /// Of what was counted by its size alone, as if it had the shortest lines there are.
    private(set) var guessed: Double
    private var added = 0.0
    private var removed = 0.0

    /// - Parameter guessed: What earlier comparisons with the same limit have counted in that way.
    init(_ store: ObjectStore, guessed: Double = 0) {
        self.store = store
        self.guessed = guessed
    }

    /// What was counted so far.
    var total: Double { self.spent + (self.added * self.removed).squareRoot() }

    /// Counts what differs at a path. False beyond the limit.
    mutating func add(_ old: File?, _ new: File?) throws(GitError) -> Bool {
        switch (old, new) {
        case (let old?, let new?): self.spent += try self.cost(old, new)
        // Any of them can turn out to be renamed; a pair costs no more than the root of both.
        case (let old?, nil): self.removed += pow(try self.lines(of: old), 1.5)
        case (nil, let new?): self.added += pow(try self.lines(of: new), 1.5)
        case (nil, nil): break
        }
        return self.total <= Self.limit
    }

    /// Measured: the time grows with the power 1.5 of the lines.
    static func cost(_ lines: Double, _ others: Double) -> Double { pow(lines * others, 0.75) }

    /// Whether two texts can be compared within the limit.
    static func allows(_ old: [UInt8], _ new: [UInt8]) -> Bool {
        let lines = Self.differing(old, new)
        return Self.cost(lines.old, lines.new) <= self.limit
    }

    private mutating func cost(_ old: File, _ new: File) throws(GitError) -> Double {
        let guess = Self.cost(Self.most(old.size), Self.most(new.size))
        if self.mayGuess(guess) { return guess }
        let lines = try Self.differing(
            self.store.read(old.key, .blob, limit: old.size), self.store.read(new.key, .blob, limit: new.size))
        return Self.cost(lines.old, lines.new)
    }

    private mutating func lines(of file: File) throws(GitError) -> Double {
        let most = Self.most(file.size)
        if self.mayGuess(pow(most, 1.5)) { return most }
        return Self.lines(try self.store.read(file.key, .blob, limit: file.size)[...])
    }

    private mutating func mayGuess(_ cost: Double) -> Bool {
        guard self.guessed + cost <= Self.limit / 4 else { return false }
        self.guessed += cost
        return true
    }

    /// Lines that differ are longer than a byte, except for empty ones.
    private static func most(_ size: Int) -> Double { Double(size) / 1.5 + 1 }

    private static func lines(_ bytes: ArraySlice<UInt8>) -> Double {
        bytes.reduce(into: 1) { count, byte in if byte == UInt8(ascii: "\n") { count += 1 } }
    }

    /// The lines between what both begin with and what both end with, which the library leaves out, too.
    private static func differing(_ old: [UInt8], _ new: [UInt8]) -> (old: Double, new: Double) {
        var start = 0
        let shorter = min(old.count, new.count)
        while start < shorter, old[start] == new[start] { start += 1 }
        var end = 0
        while end < shorter - start, old[old.count - 1 - end] == new[new.count - 1 - end] { end += 1 }
        return (Self.lines(old[start..<old.count - end]), Self.lines(new[start..<new.count - end]))
    }
}
