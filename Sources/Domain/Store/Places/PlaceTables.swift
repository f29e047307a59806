package import Database

/// Tables of a place in the store, which follow it from host to host: only the host that has it may write them, and only
/// for as long as it has had it since this was made.
package struct PlaceTables: DatabaseAccess {
    private let store: SessionStore
    private let hold: PlaceHold

    package init(of place: Place, in store: SessionStore) {
        self.store = store
        self.hold = store.held.hold(of: place)
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Value
    ) async throws -> Value {
        try await self.store.database.read(body)
    }

    package func commit(_ body: @escaping @Sendable (any Connection) throws -> Void) async throws {
        try await self.store.write(of: self.hold) { ledger in try body(ledger.connection) }
    }

    package var isHeld: Bool { self.store.held.mayPost(self.hold) }

    /// The store stays open.
    package func close() {}
}
