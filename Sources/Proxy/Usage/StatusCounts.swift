internal import Primitives

/// Counts answers by their status.
package final class StatusCounts: Sendable {
    private let counts = Protected<[Int: UInt64]>([:])
    /// If present, counts for all workers.
    private let board: WorkerBoard?

    init(board: WorkerBoard? = nil) {
        self.board = board
    }

    func count(_ status: Int) {
        guard let board = self.board else { return self.counts.withLock { $0[status, default: 0] += 1 } }
        board.count(status: status)
    }

    package var all: [Int: UInt64] { self.board?.statuses ?? self.counts.withLock { $0 } }
}
