/// What one look through a history, or through the trees of many branches, may cost: whoever made them chose how many
/// commits, parents and folders there are, and how large. Ends when the task is cancelled.
final class HistoryEffort {
    /// Of all objects that are read: some 150,000 usual commits, a few seconds.
    static let bytes = 512 << 20
    /// Of the commits that are kept as a result.
    private static let keptBytes = 32 << 20
    /// Finding an object, or taking note of a parent, takes as long as reading so many bytes.
    static let object = 1_024
    /// What takes less than this is finished even if the task is cancelled: some callers look whether it has just
    /// committed.
    private static let pace = 16 << 20

    private var left: Int
    private var untilLook = pace
    private var room = keptBytes
    private let end: ContinuousClock.Instant
    private(set) var isSpent = false

    /// - Parameter time: Objects that are built from many others take longer than their bytes say.
    init(_ bytes: Int = HistoryEffort.bytes, time: Duration = .seconds(10)) {
        self.left = bytes
        self.end = ContinuousClock.now + time
    }

    /// Counts an object that is about to be read. False when no more may be.
    func take(_ bytes: Int) throws(GitError) -> Bool {
        let cost = bytes + Self.object
        self.left -= cost
        self.untilLook -= cost
        if self.untilLook <= 0 {
            self.untilLook = Self.pace
            if Task.isCancelled { throw GitError.cancelled }
            if ContinuousClock.now > self.end { self.isSpent = true }
        }
        if self.left <= 0 { self.isSpent = true }
        return !self.isSpent
    }

    /// Counts a commit that is kept. False when no more may be.
    func keep(_ commit: GitCommit) -> Bool {
        self.room -= commit.message.utf8.count + Self.object
        return self.room >= 0
    }
}
