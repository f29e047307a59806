/// Which host a place belongs to, where several share a store.
package protocol Tenancy: Sendable {
    /// Makes sure, within the transaction of `ledger`, that the places belong to this host until it commits. The first
    /// statement of each write of theirs. Throws ``PlaceLost`` with those that do not.
    func fence(_ places: [Place], in ledger: Ledger) throws

    /// Whether this host may still post there. Asked directly before something leaves that no transaction can take back;
    /// without I/O.
    func mayPost(_ place: Place) -> Bool

    /// Wakes the hosts to which these places belong: this one has put messages of theirs into the outbox.
    func wake(_ places: Set<Place>) async

    /// Takes a thread of the web chat that no host has, in which something is due, and serves it when this returns.
    func claim(_ place: Place) async
}

extension Tenancy {
    package func claim(_ place: Place) async {}
}

/// One host has everything.
package struct SoleTenancy: Tenancy {
    package init() {}

    package func fence(_ places: [Place], in ledger: Ledger) {}
    package func mayPost(_ place: Place) -> Bool { true }
    package func wake(_ places: Set<Place>) async {}
}
