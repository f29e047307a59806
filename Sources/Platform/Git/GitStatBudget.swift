internal import Primitives

/// The time that finding the sizes of several commits may take together. Comparing the files of one may take seconds.
package final class GitStatBudget: Sendable {
    private let left: Protected<Duration>

    package init(_ time: Duration = .seconds(10)) { self.left = Protected(time) }

    fileprivate var isSpent: Bool { self.left.withLock { $0 <= .zero } }

    fileprivate func spend(_ time: Duration) { self.left.withLock { $0 -= time } }
}

extension GitRepository {
    /// The size of a commit's changes as ``stat(of:)``; nil once the budget is spent.
    package func stat(of id: GitObjectID, within budget: GitStatBudget) throws(GitError) -> GitStat? {
        guard !budget.isSpent else { return nil }
        // Without the time in which other repositories have the thread.
        let start = ContinuousClock.now
        defer { budget.spend(ContinuousClock.now - start) }
        return try self.stat(of: id)
    }
}
