internal import Primitives

/// What has happened to places, for the metrics.
package final class ClusterCounts: Sendable {
    package enum Reason: String, Sendable, CaseIterable {
        /// Taken from a host that had died.
        case died
        /// Given to another host.
        case drained
        /// Lost to another host.
        case fenced
    }

    private let counts = Protected<[Reason: Int]>([:])

    package init() {}

    func add(_ reason: Reason, _ count: Int) { self.counts.withLock { $0[reason, default: 0] += count } }

    package func count(_ reason: Reason) -> Int { self.counts.withLock { $0[reason] ?? 0 } }
}
