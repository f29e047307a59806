internal import Database

/// Counts work on outside data while it is under way. What the process died of twice is not begun a third time, at no start
/// and by no other host: otherwise one bad input would be a loop of restarts.
package struct UnderWay: Sendable {
    /// The kinds of work that a start repeats.
    package enum Work: String, Sendable {
        /// Looks for a turn's commits in its thread's workspace.
        case commits
        /// Closes what an interrupted turn has said.
        case turn
        /// Handles a stored message.
        case event
        /// Reads a commit's list of tasks.
        case tasks
    }

    /// How often the process may die of the same work.
    package static let limit = 2

    private let store: SessionStore

    package init(store: SessionStore) { self.store = store }

    /// Runs `body`, or returns nil if the process has died `limit` times while it ran.
    package func run<Value: Sendable>(
        _ work: Work, _ key: String, _ body: () async throws -> Value
    ) async throws -> Value? {
        guard try await self.begin(work, [key]).isEmpty else { return nil }
        do {
            let value = try await body()
            try await self.end(work, [key])
            return value
        } catch {
            try? await self.end(work, [key])
            throw error
        }
    }

    /// Counts work before it begins. Returns the keys of that which must not begin any more.
    package func begin(_ work: Work, _ keys: [String]) async throws -> Set<String> {
        guard !keys.isEmpty else { return [] }
        return try await self.store.write { ledger in
            var refused: Set<String> = []
            for key in keys {
                if try ledger.beginnings(of: work, key) >= Self.limit {
                    refused.insert(key)
                } else {
                    try ledger.countBeginning(of: work, key)
                }
            }
            return refused
        }
    }

    /// The keys among `keys` of work that has begun and not ended.
    package func interrupted(_ work: Work, _ keys: [String]) async throws -> Set<String> {
        guard !keys.isEmpty else { return [] }
        return try await self.store.read { ledger in
            Set(try keys.filter { try ledger.beginnings(of: work, $0) > 0 })
        }
    }

    /// Forgets work: it has ended, or will not be tried again.
    package func end(_ work: Work, _ keys: [String]) async throws {
        guard !keys.isEmpty else { return }
        try await self.store.write { ledger in for key in keys { try ledger.forgetBeginnings(of: work, key) } }
    }
}

extension Ledger {
    fileprivate func beginnings(of work: UnderWay.Work, _ key: String) throws -> Int64 {
        try self.connection.query(
            "SELECT count FROM under_way WHERE work = ? AND key = ?", [.text(work.rawValue), .text(key)]
        ).first?.integer("count") ?? 0
    }

    fileprivate func countBeginning(of work: UnderWay.Work, _ key: String) throws {
        try self.connection.execute(
            """
            INSERT INTO under_way (work, key, count) VALUES (?, ?, 1)
            ON CONFLICT (work, key) DO UPDATE SET count = under_way.count + 1
            """, [.text(work.rawValue), .text(key)])
    }

    fileprivate func forgetBeginnings(of work: UnderWay.Work, _ key: String) throws {
        try self.connection.execute(
            "DELETE FROM under_way WHERE work = ? AND key = ?", [.text(work.rawValue), .text(key)])
    }
}
