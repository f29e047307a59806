internal import Primitives

/// A place, from when this host got it until it lost it. What was made for an earlier hold writes nothing in a later one.
package struct PlaceHold: Hashable, Sendable {
    package let place: Place
    /// Nil if the host did not have the place.
    fileprivate let number: Int?
}

/// The places that this host has now.
package final class HeldPlaces: Sendable {
    private struct State {
        /// Places that are named nowhere belong to this host.
        var hasAll: Bool
        var numbers: [Place: Int] = [:]
        var gone: Set<Place> = []
        var last = 0
        var observers: [@Sendable () -> Void] = []

        func number(of place: Place) -> Int? {
            if self.numbers.isEmpty, self.gone.isEmpty { return self.hasAll ? 0 : nil }
            return self.numbers[place] ?? (self.hasAll && !self.gone.contains(place) ? 0 : nil)
        }

        mutating func drop(_ place: Place) {
            self.numbers[place] = nil
            if self.hasAll { self.gone.insert(place) }
        }
    }

    package let tenancy: any Tenancy
    private let state: Protected<State>

    /// - Parameter hasAll: Without, it has nothing until ``take(_:)``.
    package init(_ tenancy: any Tenancy = SoleTenancy(), hasAll: Bool = true) {
        self.tenancy = tenancy
        self.state = Protected(State(hasAll: hasAll))
    }

    package func contains(_ place: Place) -> Bool { self.state.withLock { $0.number(of: place) != nil } }

    /// How many are held by name.
    package var count: Int { self.state.withLock { $0.numbers.count } }

    package func hold(of place: Place) -> PlaceHold {
        PlaceHold(place: place, number: self.state.withLock { $0.number(of: place) })
    }

    /// Whether the host has had the place since the hold began.
    package func isCurrent(_ hold: PlaceHold) -> Bool {
        hold.number != nil && self.state.withLock { $0.number(of: hold.place) } == hold.number
    }

    /// Whether something may leave for the place now.
    package func mayPost(_ hold: PlaceHold) -> Bool { self.isCurrent(hold) && self.tenancy.mayPost(hold.place) }

    /// Begins holds of these places.
    package func take(_ places: Set<Place>) {
        self.change { state in
            for place in places {
                state.last += 1
                state.numbers[place] = state.last
                state.gone.remove(place)
            }
        }
    }

    /// Ends the holds of these places.
    package func drop(_ places: Set<Place>) {
        self.change { state in for place in places { state.drop(place) } }
    }

    /// Calls `body` after each change, also when a write has found a place lost. It must return at once.
    package func observe(_ body: @escaping @Sendable () -> Void) { self.state.withLock { $0.observers.append(body) } }

    /// Makes sure that a transaction may write for these holds. Throws ``PlaceLost``; what belongs to another host by then
    /// is no longer held.
    package func enter(_ holds: [PlaceHold], in ledger: Ledger) throws {
        let past = holds.filter { !self.isCurrent($0) }
        guard past.isEmpty else { throw PlaceLost(Set(past.map(\.place))) }
        do {
            try self.tenancy.fence(holds.map(\.place), in: ledger)
            FaultPoint.placeFenced.hit()
        } catch let lost as PlaceLost {
            self.lose(holds.filter { lost.places.contains($0.place) })
            throw lost
        }
    }

    private func lose(_ holds: [PlaceHold]) {
        self.change { state in
            for hold in holds where state.number(of: hold.place) == hold.number { state.drop(hold.place) }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let observers = self.state.withLock { state in
            body(&state)
            return state.observers
        }
        for observer in observers { observer() }
    }
}
