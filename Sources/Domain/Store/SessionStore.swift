package import Database
internal import Words

/// The bridge's tables. Every write is durable when it returns.
package struct SessionStore: Sendable {
    package let database: Database
    package let held: HeldPlaces
    /// Of every write at this host, after it is durable; in a cluster also from time to time, for those of the others.
    package let writes = ChangeSignals()
    /// Of comments on documents, made or resolved at this host.
    package let commentChanges = ChangeSignals()
    /// Of other texts that may name people, stored at this host.
    package let namedTexts = ChangeSignals()
    private let directory = PlaceDirectory()

    /// - Parameter held: All places, without another host.
    package init(database: Database, held: HeldPlaces = HeldPlaces()) {
        self.database = database
        self.held = held
    }

    /// Runs `body` in one transaction. Those of no place run one after the other, but on PostgreSQL beside those of places.
    package func write<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        try await self.write(key: nil, body)
    }

    /// Writes without changing anything, and waits for no other write of a server's: behind a slow network those of no place
    /// take seconds together. Throws if the store cannot be written.
    package func probe() async throws {
        try await self.write(key: "probe") { ledger in
            // One row: whoever counts asks holds another one.
            try ledger.connection.execute("UPDATE floors SET id = id WHERE name = 'messages'", [])
        }
    }

    /// - Parameter key: What runs in call order, see ``Database/write(key:_:)``.
    package func write<T: Sendable>(key: String?, _ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        let language = Language.current
        let value = try await self.database.write(key: key) { connection in
            try Language.$current.withValue(language) { try body(Ledger(connection: connection)) }
        }
        self.writes.note()
        return value
    }

    /// Runs `body` in the transaction of the place's next write, which has to follow at once. The completion runs on the
    /// writer's thread when it is durable, or could not be stored.
    ///
    /// - Parameter turn: The turn of that place.
    package func writeWithNext(
        ofTurn turn: String, _ body: @escaping @Sendable (Ledger) throws -> Void,
        completion: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) async {
        do {
            let key = try await self.key(ofTurn: turn)
            let entering = self.entering(turn: turn, body)
            self.database.submitWithNext(
                key: key, { connection in try entering(Ledger(connection: connection)) }, completion: completion)
        } catch {
            completion(.failure(error))
        }
    }

    // MARK: Keys

    /// The key of a place's writes. SQLite has one writer, and needs none.
    package func key(of place: Place) -> String? { self.database.dialect == .sqlite ? nil : place.name }

    package func key(ofSession session: String) async throws -> String? {
        try await self.key("session \(session)") { ledger in try ledger.place(ofSession: session) }
    }

    package func key(ofTurn turn: String) async throws -> String? {
        try await self.key("turn \(turn)") { ledger in try ledger.place(ofTurn: turn) }
    }

    /// Tells where a turn is, so that nobody has to ask the database.
    package func note(turn: String, in place: Place) {
        guard self.database.dialect != .sqlite else { return }
        self.directory["turn \(turn)"] = place
    }

    private func key(
        _ name: String, _ find: @escaping @Sendable (Ledger) throws -> Place?
    ) async throws -> String? {
        guard self.database.dialect != .sqlite else { return nil }
        if let place = self.directory[name] { return place.name }
        // Like the write that follows, it is not cancelled with its caller.
        guard let place = try await Task(operation: { try await self.read(find) }).value else { return nil }
        self.directory[name] = place
        return place.name
    }

    package func read<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        let language = Language.current
        return try await self.database.read { connection in
            try Language.$current.withValue(language) { try body(Ledger(connection: connection)) }
        }
    }
}

/// The tables within one transaction.
package struct Ledger {
    package let connection: any Connection

    package init(connection: any Connection) { self.connection = connection }
}
