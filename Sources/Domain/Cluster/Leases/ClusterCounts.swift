package import Metrics
internal import Primitives
package import Store

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
    private let fenced = Protected(0)

    package init() {}

    func add(_ reason: Reason, _ count: Int) { self.counts.withLock { $0[reason, default: 0] += count } }

    func addFencedWrite() { self.fenced.withLock { $0 += 1 } }

    /// Writes that were refused, because another host has the place.
    package var fencedWrites: Int { self.fenced.withLock { $0 } }

    package func count(_ reason: Reason) -> Int { self.counts.withLock { $0[reason] ?? 0 } }
}

extension Cluster {
    /// Shows this host's lease and places in `metrics`.
    package nonisolated func measure(in metrics: Metrics, _ held: HeldPlaces) {
        let (lease, counts) = (self.lease, self.counts)
        metrics.gauge(.placesOwned) { Double(held.count) }
        metrics.gauge(.leaseAge) { lease.age }
        metrics.counters(.handovers) {
            ClusterCounts.Reason.allCases.map { (["reason": $0.rawValue], UInt64(counts.count($0))) }
        }
        metrics.counters(.fencedWrites) { [([:], UInt64(counts.fencedWrites))] }
    }
}
