internal import Database

extension Ledger {
    package func insert(_ frames: [LiveFrame]) throws {
        for frame in frames {
            try self.connection.execute(
                "INSERT INTO frames (turn, sequence, type, content, timestamp) VALUES (?, ?, ?, ?, ?)",
                [
                    .text(frame.operation), .integer(frame.sequence), .text(frame.kind.rawValue), .text(frame.content),
                    .integer(frame.timestamp),
                ])
        }
    }

    /// - Parameter limit: How many; all by default.
    package func frames(of operation: String, after sequence: Int64, limit: Int = .max) throws -> [LiveFrame] {
        try self.connection.query(
            "SELECT * FROM frames WHERE turn = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            [.text(operation), .integer(sequence), .integer(Int64(limit))]
        ).map { row in
            LiveFrame(
                operation: operation, sequence: try row.integer("sequence"),
                kind: LiveFrame.Kind(rawValue: try row.text("type")) ?? .thinking, content: try row.text("content"),
                timestamp: try row.integer("timestamp"))
        }
    }
}

extension SessionStore {
    func append(_ frames: [LiveFrame], of holds: [PlaceHold]) async throws {
        try await self.write(of: holds) { ledger in try ledger.insert(frames) }
    }

    package func frames(of operation: String, after sequence: Int64, limit: Int = .max) async throws -> [LiveFrame] {
        try await self.read { ledger in try ledger.frames(of: operation, after: sequence, limit: limit) }
    }
}
