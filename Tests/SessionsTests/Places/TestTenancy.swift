import Primitives
import Store

/// Which host each place belongs to, for tests with several hosts in one process.
final class TestPlaces: Sendable {
    private let owners = Protected<[Place: String]>([:])
    private let refused = Protected(0)

    func give(_ place: Place, to host: String) { self.owners.withLock { $0[place] = host } }

    /// How many transactions were refused.
    var refusals: Int { self.refused.withLock { $0 } }

    func tenancy(of host: String) -> TestTenancy { TestTenancy(places: self, host: host) }

    fileprivate func check(_ places: [Place], of host: String) throws {
        let lost = places.filter { place in self.owners.withLock { $0[place] } != host }
        guard !lost.isEmpty else { return }
        self.refused.withLock { $0 += 1 }
        throw PlaceLost(Set(lost))
    }
}

/// One host's view: the fence always knows, `mayPost` only while the host is not paused.
final class TestTenancy: Tenancy {
    private let places: TestPlaces
    private let host: String
    private let mayPost = Protected(true)

    fileprivate init(places: TestPlaces, host: String) {
        self.places = places
        self.host = host
    }

    /// The host's own deadline passes, or the host renews.
    func setMayPost(_ mayPost: Bool) { self.mayPost.withLock { $0 = mayPost } }

    func fence(_ places: [Place], in ledger: Ledger) throws { try self.places.check(places, of: self.host) }
    func mayPost(_ place: Place) -> Bool { self.mayPost.withLock { $0 } }
    func wake(_ places: Set<Place>) async {}
}
