internal import Database
internal import Primitives
package import Store

/// Places belong to this host as long as its lease stands.
package struct ClusterTenancy: Tenancy {
    private let cluster: Cluster
    /// Tells the hosts of these places that something waits for them.
    private let wakeOthers: @Sendable (Set<Place>) async -> Void

    package init(_ cluster: Cluster, wakeOthers: @escaping @Sendable (Set<Place>) async -> Void = { _ in }) {
        self.cluster = cluster
        self.wakeOthers = wakeOthers
    }

    package func fence(_ places: [Place], in ledger: Ledger) throws {
        guard !places.isEmpty else { return }
        guard let epoch = self.cluster.lease.epoch else { throw PlaceLost(Set(places)) }
        let lost = try self.cluster.table.fence(places, epoch: epoch, in: ledger.connection)
        guard lost.isEmpty else {
            self.cluster.counts.addFencedWrite()
            throw PlaceLost(lost)
        }
    }

    package func mayPost(_ place: Place) -> Bool { self.cluster.lease.isValid }

    package func wake(_ places: Set<Place>) async { await self.wakeOthers(places) }

    package func claim(_ place: Place) async {
        // A network has its host, or waits for one.
        guard case .web = place else { return }
        // Whoever else has it runs what is due there; without an answer, the next look asks again.
        _ = try? await self.cluster.host(of: place)
    }
}
