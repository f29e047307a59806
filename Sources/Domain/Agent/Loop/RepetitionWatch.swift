internal import Crypto
internal import JSON

/// Notices calls that come again and again with the same results: one call or a block of up to four, over the whole turn.
/// A call that waits for something honestly gets a different result some time, and a changed workspace is progress. Pure.
struct RepetitionWatch: Sendable, Equatable {
    private static let longestBlock = 4
    /// At this repetition the model gets a note.
    static let warning = 3
    /// At this repetition the turn ends.
    static let end = 5

    private var signs: [String] = []
    /// Whether the model has had a note about the current repetition.
    var isNoted = false

    mutating func reset() {
        self.signs = []
        self.isNoted = false
    }

    mutating func add(_ call: CheckedCall, digest: String) {
        let form = "\(call.tool.name)\u{0}\(call.arguments.canonicalText)\u{0}\(digest)"
        self.signs.append(hex(Array(sha256(form).prefix(16))))
        if self.signs.count > Self.longestBlock * Self.end { self.signs.removeFirst() }
    }

    /// How often the last block came in a row: the most over all lengths of a block.
    var repetitions: Int {
        (1...Self.longestBlock).map { length in
            guard self.signs.count >= length else { return 0 }
            let block = self.signs.suffix(length)
            var count = 1
            var end = self.signs.count - length
            while end >= length, self.signs[(end - length)..<end].elementsEqual(block) {
                count += 1
                end -= length
            }
            return count
        }.max() ?? 0
    }

    /// Called when all calls of an answer have a result.
    mutating func settle() {
        if self.repetitions < Self.warning { self.isNoted = false }
    }
}
