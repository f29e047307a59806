/// A workspace's files came from one commit to another that somebody else had made.
package struct BranchMove: Sendable, Hashable {
    package let old: GitObjectID
    package let new: GitObjectID

    package init(from old: GitObjectID, to new: GitObjectID) {
        self.old = old
        self.new = new
    }

    /// Reads a ``text``.
    package init?(_ text: Substring) {
        let words = text.split(separator: " ")
        guard words.count == 2, let old = GitObjectID(String(words[0])), let new = GitObjectID(String(words[1])) else {
            return nil
        }
        self.init(from: old, to: new)
    }

    /// Both commits, hexadecimal.
    package var text: String { "\(self.old.hex) \(self.new.hex)" }

    /// Merges consecutive moves into one, and drops a move that ends where it began.
    static func joined(_ moves: [BranchMove]) -> [BranchMove] {
        moves.reduce(into: []) { joined, move in
            guard let last = joined.last, last.new == move.old else { return joined.append(move) }
            joined.removeLast()
            if last.old != move.new { joined.append(BranchMove(from: last.old, to: move.new)) }
        }
    }
}
