internal import Glibc

/// What comparing files line by line may cost at most. The library compares a megabyte of prose in milliseconds, but two
/// files of a megabyte whose lines are all "0" or "1" in three seconds, and any number of paths may have them. Lines that
/// are made to have one hash take it minutes, even in a file that is only added or differs in one line; see ``steps(_:)``.
struct LineCost {
    struct File {
        let key: ObjectKey
        /// In bytes.
        let size: Int

        init(key: ObjectKey, size: Int) {
            self.key = key
            self.size = size
        }

        init?(_ item: TreeItem?, size: Int?) {
            guard let item, let size else { return nil }
            self.init(key: item.key, size: size)
        }
    }

    /// About eight seconds.
    static let limit = 1_000_000_000.0

    private let store: GitObjects
    private var spent = 0.0
    /// Of what was counted by its size alone, as if it had the shortest lines there are.
    private(set) var guessed: Double
    private var added = 0.0
    private var removed = 0.0

    /// - Parameter guessed: What earlier comparisons with the same limit have counted in that way.
    init(_ store: GitObjects, guessed: Double = 0) {
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
        case (let old?, nil): self.removed += try self.cost(ofLone: old)
        case (nil, let new?): self.added += try self.cost(ofLone: new)
        case (nil, nil): break
        }
        return self.total <= Self.limit
    }

    /// Measured: the time grows with the power 1.5 of the lines.
    static func cost(_ lines: Double, _ others: Double) -> Double { pow(lines * others, 0.75) }

    /// Whether two texts can be compared within the limit.
    static func allows(_ old: [UInt8], _ new: [UInt8]) -> Bool { self.cost(old, new) <= self.limit }

    private static func cost(_ old: [UInt8], _ new: [UInt8]) -> Double {
        let lines = Self.differing(old, new)
        return Self.cost(lines.old, lines.new) + Self.steps([old, new])
    }

    private mutating func cost(_ old: File, _ new: File) throws(GitError) -> Double {
        let guess = Self.cost(Self.most(old.size), Self.most(new.size)) + Self.mostSteps(old.size + new.size)
        if self.mayGuess(guess) { return guess }
        return try Self.cost(
            self.store.read(old.key, .blob, limit: old.size), self.store.read(new.key, .blob, limit: new.size))
    }

    /// Half of what a pair costs of which one is this file. What it costs alone is spent.
    private mutating func cost(ofLone file: File) throws(GitError) -> Double {
        let (guess, steps) = (pow(Self.most(file.size), 1.5), Self.mostSteps(file.size))
        if self.mayGuess(guess + steps) {
            self.spent += steps
            return guess
        }
        let text = try self.store.read(file.key, .blob, limit: file.size)
        self.spent += Self.steps([text])
        return pow(Self.lines(text[...]), 1.5)
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

    // MARK: The table of lines

    /// Before the library compares two texts it looks up each of their lines, those that both have, too, in one table of
    /// distinct lines. Anybody can compute its hash (33 × h ^ byte), and so make lines that are all in one list of the
    /// table. Counts the visits to such lists, rather too many than too few; each 64 bytes of a line count as one.
    /// Measured: a visit takes up to 90 ns where the lines are too many for the processor's cache.
    private static func steps(_ texts: [[UInt8]]) -> Double {
        let size = texts.reduce(1) { $0 + Self.expectedLines($1) }
        var bits: UInt = 1
        while 1 << bits < size { bits += 1 }
        var lists = [Int](repeating: 0, count: 1 << bits)
        let usual = 4
        var known: Set<Int> = []
        var steps = 0
        for text in texts {
            unsafe text.withUnsafeBytes { bytes in
                var start = 0
                while start < bytes.count {
                    var hash: UInt = 5_381
                    var end = start
                    while end < bytes.count {
                        let byte = unsafe bytes[end]
                        end += 1
                        if byte == UInt8(ascii: "\n") { break }
                        // The library's characters have a sign where those of C have.
                        hash = (hash &* 33) ^ UInt(bitPattern: Int(CChar(truncatingIfNeeded: byte)))
                    }
                    let list = Int((hash &+ (hash >> bits)) & ((1 << bits) - 1))
                    if lists[list] < usual {
                        lists[list] += 1
                    } else {
                        steps += (lists[list] - usual + 1) * (1 + (end - start) / 64)
                        // Equal lines, like empty ones, are one.
                        var hasher = Hasher()
                        unsafe hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                        if known.insert(hasher.finalize()).inserted { lists[list] += 1 }
                    }
                    start = end
                }
            }
        }
        return 10 * Double(steps)
    }

    /// From which the library computes the size of its table: as many as if all had the mean length of the first 256.
    private static func expectedLines(_ text: [UInt8]) -> Int {
        var (lines, end) = (0, 0)
        while lines < 256, end < text.count {
            end = (text[end...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count - 1) + 1
            lines += 1
        }
        return lines == 0 ? 2 : text.count / (end / lines) + 2
    }

    /// The most for texts that together have so many bytes and fit into the cache: one half are empty lines, the other
    /// one lines of four bytes, all in one list. There are not enough shorter ones for that.
    static func mostSteps(_ bytes: Int) -> Double { pow(Double(bytes) / 3.5 + 4, 2) }
}
