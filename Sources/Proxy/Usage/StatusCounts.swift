internal import Primitives

/// Counts answers by their status.
package final class StatusCounts: Sendable {
    private let counts = Protected<[Int: UInt64]>([:])

    func count(_ status: Int) { self.counts.withLock { $0[status, default: 0] += 1 } }

    package var all: [Int: UInt64] { self.counts.withLock { $0 } }
}
