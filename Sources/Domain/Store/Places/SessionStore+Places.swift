/// Writes that belong to a place. They throw ``PlaceLost`` if another host has it.
extension SessionStore {
    /// Runs `body` in one transaction of a hold.
    package func write<T: Sendable>(
        of hold: PlaceHold, _ body: @escaping @Sendable (Ledger) throws -> T
    ) async throws -> T {
        try await self.write(of: [hold], body)
    }

    /// Runs `body` in one transaction of several holds.
    ///
    /// - Parameter key: What runs in call order; that of the place if there is one hold.
    package func write<T: Sendable>(
        of holds: [PlaceHold], key: String? = nil, _ body: @escaping @Sendable (Ledger) throws -> T
    ) async throws -> T {
        let held = self.held
        let own = holds.count == 1 ? self.key(of: holds[0].place) : nil
        return try await self.write(key: key ?? own) { ledger in
            try held.enter(holds, in: ledger)
            return try body(ledger)
        }
    }

    /// Runs `body` in one transaction in the order of a place's writes, for rows that every host may add or change.
    package func write<T: Sendable>(
        beside place: Place, _ body: @escaping @Sendable (Ledger) throws -> T
    ) async throws -> T {
        try await self.write(key: self.key(of: place), body)
    }

    /// Runs `body` in one transaction of a place.
    package func write<T: Sendable>(
        of place: Place, _ body: @escaping @Sendable (Ledger) throws -> T
    ) async throws -> T {
        try await self.write(of: self.held.hold(of: place), body)
    }

    /// Runs `body` in one transaction of some places. All of them need no fence: there is no other host then.
    package func write<T: Sendable>(
        of places: Places, _ body: @escaping @Sendable (Ledger) throws -> T
    ) async throws -> T {
        guard case .some(let some) = places else { return try await self.write(body) }
        return try await self.write(of: some.map(self.held.hold), body)
    }

    /// Runs `body` in one transaction of the place of a session.
    package func write<T: Sendable>(
        ofSession session: String, _ body: @escaping @Sendable (Ledger) throws -> T
    ) async throws -> T {
        let held = self.held
        return try await self.write(key: self.key(ofSession: session)) { ledger in
            if let place = try ledger.place(ofSession: session) { try held.enter([held.hold(of: place)], in: ledger) }
            return try body(ledger)
        }
    }

    /// Runs `body` in one transaction of the place of a turn.
    package func write<T: Sendable>(
        ofTurn turn: String, _ body: @escaping @Sendable (Ledger) throws -> T
    ) async throws -> T {
        try await self.write(key: self.key(ofTurn: turn), self.entering(turn: turn, body))
    }

    /// `body` as a transaction of the place of a turn.
    package func entering<T>(
        turn: String, _ body: @escaping @Sendable (Ledger) throws -> T
    ) -> @Sendable (Ledger) throws -> T {
        let held = self.held
        return { ledger in
            if let place = try ledger.place(ofTurn: turn) { try held.enter([held.hold(of: place)], in: ledger) }
            return try body(ledger)
        }
    }

    /// Whether something may leave for the thread of a session now.
    package func mayPost(inSession session: String) async throws -> Bool {
        guard let place = try await self.read({ ledger in try ledger.place(ofSession: session) }) else { return true }
        return self.held.mayPost(self.held.hold(of: place))
    }
}
