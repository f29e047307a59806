package import Agent
package import Chat
internal import JSON
internal import Logging
package import Sessions

/// Keeps the steps of turns in the store.
package struct StoredSteps: StepLog {
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

    package func records(of turn: String, after number: Int) async throws -> [StepRecord] {
        try await self.store.read { ledger in try ledger.steps(ofTurn: turn, after: number) }.map(Self.record)
    }

    package func checkpoint(of turn: String) async throws -> StepRecord? {
        try await self.store.read { ledger in try ledger.lastCheckpoint(ofTurn: turn) }.map(Self.record)
    }

    /// The rows that are read at once for people: those of some 150 calls.
    private static let shownRows = 600

    /// The last steps of a turn after a position of its record, for people.
    package func page(of turn: String, after position: Int) async throws -> TurnStepPage {
        let rows = try await self.store.read { ledger in
            try ledger.lastSteps(ofTurn: turn, after: position, limit: Self.shownRows)
        }
        guard let first = rows.first, let last = rows.last else { return TurnStepPage(position: position) }
        return TurnStepPage(
            steps: StepHistory.steps(of: try rows.map(Self.record)), position: last.number,
            isCut: first.number > position + 1)
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
