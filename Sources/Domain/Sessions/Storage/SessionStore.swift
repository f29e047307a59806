package import Database

/// The bridge's tables. Every write is durable when it returns.
package struct SessionStore: Sendable {
    package let database: Database
    package let held: HeldPlaces

    /// - Parameter held: All places, without another host.
    package init(database: Database, held: HeldPlaces = HeldPlaces()) {
        self.database = database
        self.held = held
    }

    /// Runs `body` in one transaction.
    package func write<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        try await self.database.write { connection in try body(Ledger(connection: connection)) }
    }

    /// Runs `body` in the transaction of the next write, which has to follow at once. The completion runs on the writer's
    /// thread when it is durable, or could not be stored.
    package func writeWithNext(
        _ body: @escaping @Sendable (Ledger) throws -> Void,
        completion: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        self.database.submitWithNext({ connection in try body(Ledger(connection: connection)) }, completion: completion)
    }

    package func read<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        try await self.database.read { connection in try body(Ledger(connection: connection)) }
    }
}

/// The tables within one transaction.
package struct Ledger {
    package let connection: any Connection

    /// Writes without changing anything. Throws if the store cannot be written.
    package func probe() throws {
        try self.connection.execute("UPDATE floors SET id = id", [])
    }
}
