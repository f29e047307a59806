internal import Database
package import Store

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

    /// That of an operation's last stored frame; 0 without one.
    package func lastSequence(of operation: String) throws -> Int64 {
        try self.connection.first(
            "SELECT sequence FROM frames WHERE turn = ? ORDER BY sequence DESC LIMIT 1", [.text(operation)]
        )?.integer("sequence") ?? 0
    }

    /// Whether an operation has frames of what it has written.
    package func hasOutput(of operation: String) throws -> Bool {
        try self.connection.first(
            "SELECT 1 FROM frames WHERE turn = ? AND type IN (?, ?) LIMIT 1",
            [
                .text(operation), .text(LiveFrame.Kind.execution.rawValue),
                .text(LiveFrame.Kind.errorOutput.rawValue),
            ]) != nil
    }

    /// About the characters that ``frames(of:after:limit:)`` reads of an operation, with a hundred for each frame.
    package func frameSize(of operation: String) throws -> Int {
        let row = try self.connection.first(
            "SELECT COALESCE(SUM(LENGTH(content)), 0) + 100 * COUNT(*) AS size FROM frames WHERE turn = ?",
            [.text(operation)])
        return Int(try row?.integer("size") ?? 0)
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
    /// Stores frames, in one transaction for each lane: a turn's must be stored before its end. Returns those that could
    /// not be stored, with the error.
    ///
    /// - Parameter holds: By operation.
    func append(
        _ frames: [LiveFrame], of holds: [String: PlaceHold]
    ) async -> [(frames: [LiveFrame], error: any Error)] {
        let lanes = Dictionary(grouping: frames) { frame in
            self.database.laneNumber(of: holds[frame.operation].flatMap { self.key(of: $0.place) })
        }
        return await withTaskGroup(of: (frames: [LiveFrame], error: any Error)?.self) { group in
            for part in lanes.values {
                let own = Set(part.compactMap { holds[$0.operation] })
                let key = own.first.flatMap { self.key(of: $0.place) }
                group.addTask {
                    do {
                        try await self.write(of: Array(own), key: key) { ledger in try ledger.insert(part) }
                        return nil
                    } catch {
                        return (part, error)
                    }
                }
            }
            var failures: [(frames: [LiveFrame], error: any Error)] = []
            for await case let failure? in group { failures.append(failure) }
            return failures
        }
    }

    package func frames(of operation: String, after sequence: Int64, limit: Int = .max) async throws -> [LiveFrame] {
        try await self.read { ledger in try ledger.frames(of: operation, after: sequence, limit: limit) }
    }
}
