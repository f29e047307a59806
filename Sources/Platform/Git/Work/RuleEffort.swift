/// The work that the rules of `.gitignore` and `.gitattributes` files may be for all names of one tree: files of a megabyte
/// can ask for days of it. Ends early when the task is cancelled.
final class RuleEffort {
    /// Comparisons of one byte, some seconds of them. A hundred attributes' rules over 100,000 files take two thirds.
    static let limit = 300_000_000
    private static let pace = 10_000_000

    private var left: Int
    private var untilLook = pace
    private(set) var isSpent = false

    init(_ limit: Int = RuleEffort.limit) { self.left = limit }

    /// Counts steps. False when there may be no more.
    func take(_ steps: Int) -> Bool {
        self.left -= steps
        self.untilLook -= steps
        if self.untilLook <= 0 {
            self.untilLook = Self.pace
            if Task.isCancelled { self.isSpent = true }
        }
        if self.left <= 0 { self.isSpent = true }
        return !self.isSpent
    }

    /// Counts the reading of a file: one content can be in each of many folders.
    func takeParsing(_ bytes: [UInt8]) -> Bool { self.take(bytes.count * 8) }

    /// Throws when no more steps may follow: the rules have given no verdict then.
    func check() throws(GitError) {
        guard self.isSpent else { return }
        if self.left > 0 { throw GitError.cancelled }
        throw GitError(
            .tooLarge,
            "too large to compare: `.gitignore` and `.gitattributes` have too many rules for so many files: shorten them"
        )
    }
}
