package import Agent
internal import Chat
internal import JSON
internal import Logging
package import Sessions

/// Keeps the steps of turns in the store.
package struct StoredSteps: StepLog {
    /// Rows that are decoded at once.
    private static let page = 500

    private let store: SessionStore
    private let logger = Logger(label: "agent")

    package init(store: SessionStore) { self.store = store }

    package func append(_ records: [StepRecord], of turn: String) async throws {
        let rows = records.map(Self.row)
        // While the disk is full the turn waits, as its answer does.
        try await self.store.writeWhenPossible(
            refused: { error in
                self.logger.error(
                    "a step cannot be stored; trying again", ["turn": .string(turn), "error": .string("\(error)")])
            }, { ledger in try ledger.insert(rows, ofTurn: turn) })
        FaultPoint.stepStored.hit()
    }

    /// Reads in pages, and decodes each while the next is read.
    package func records(of turn: String, after number: Int) async throws -> [StepRecord] {
        try await withThrowingTaskGroup(of: [StepRecord].self) { group in
            var last = number
            while true {
                let rows = try await self.store.read { [last] ledger in
                    try ledger.steps(ofTurn: turn, after: last, limit: Self.page)
                }
                group.addTask { try rows.map(Self.record) }
                guard rows.count == Self.page, let end = rows.last?.number else { break }
                last = end
            }
            var pages: [[StepRecord]] = []
            for try await page in group { pages.append(page) }
            return pages.sorted { $0.first?.number ?? .max < $1.first?.number ?? .max }.flatMap { $0 }
        }
    }

    /// Whether a turn has called tools.
    func hasWorked(_ turn: String) async throws -> Bool {
        // The canonical form sorts the members, so the kind is last.
        try await self.store.read { ledger in try ledger.hasStep(ofTurn: turn, endingWith: #""kind":"decided"}"#) }
    }

    package func checkpoint(of turn: String) async throws -> StepRecord? {
        try await self.store.read { ledger in try ledger.lastCheckpoint(ofTurn: turn) }.map(Self.record)
    }

    private static func row(_ record: StepRecord) -> StepRow {
        var isCheckpoint = false
        if case .summarised = record.event { isCheckpoint = true }
        let event: JSON = ["kind": .string(record.event.kind), "event": record.event.json]
        return StepRow(
            number: record.number, elapsed: record.elapsed, event: event.canonicalText, isCheckpoint: isCheckpoint)
    }

    private static func record(_ row: StepRow) throws -> StepRecord {
        let stored = try JSON.parse(row.event)
        guard let kind = stored["kind"]?.stringValue, let json = stored["event"],
            let event = AgentEvent(kind: kind, json: json)
        else { throw TurnFailure("A stored step of the turn cannot be read: ask again.") }
        return StepRecord(number: row.number, elapsed: row.elapsed, event: event)
    }
}
