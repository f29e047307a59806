package import Chat
internal import JSON
internal import Logging
package import Store

/// Keeps the steps of turns in the store.
package struct StoredSteps: StepLog {
    /// Rows that are decoded at once.
    private static let page = 500

    /// Makes what is stored in the transaction of steps about what they cost.
    package typealias Usage = @Sendable ([StepCost]) -> @Sendable (_ ledger: Ledger, _ turn: String) throws -> Void

    private let store: SessionStore
    private let usage: Usage?
    private let logger = Logger(label: "agent")

    /// - Parameter usage: Nil if nothing is stored about costs.
    package init(store: SessionStore, usage: Usage? = nil) {
        self.store = store
        self.usage = usage
    }

    package func append(_ records: [StepRecord], of turn: String) async throws {
        let insert = self.inserting(records, turn)
        // While the disk is full the turn waits, as its answer does.
        try await self.store.writeWhenPossible(
            ofTurn: turn,
            refused: { error in
                self.logger.error(
                    "a step cannot be stored; trying again", ["turn": .string(turn), "error": .string("\(error)")])
            }, insert)
        FaultPoint.stepStored.hit()
    }

    package func appendWithEnd(_ records: [StepRecord], of turn: String) async {
        let insert = self.inserting(records, turn)
        await self.store.writeWithNext(
            ofTurn: turn, insert
        ) { result in
            switch result {
            case .success: FaultPoint.stepStored.hit()
            // The next host of the thread has the turn.
            case .failure(is PlaceLost): break
            // The answer itself is stored by the turn's end, with patience.
            case .failure(let error):
                self.logger.error(
                    "the last step cannot be stored", ["turn": .string(turn), "error": .string("\(error)")])
            }
        }
    }

    private func inserting(
        _ records: [StepRecord], _ turn: String
    ) -> @Sendable (Ledger) throws -> Void {
        let rows = records.map(Self.row), insertUsage = self.usage?(records.compactMap(\.cost))
        return { ledger in
            try ledger.insert(rows, ofTurn: turn)
            try insertUsage?(ledger, turn)
        }
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

    /// Whether a turn has called tools; also calls that wait for a decision count. Mostly its first records tell.
    package func hasWorked(_ turn: String) async throws -> Bool {
        var last = 0
        while true {
            let rows = try await self.store.read { [last] ledger in
                try ledger.steps(ofTurn: turn, after: last, limit: Self.page)
            }
            for row in rows {
                if case .answered(let answer) = try Self.record(row).event, !answer.calls.isEmpty { return true }
            }
            guard rows.count == Self.page, let end = rows.last?.number else { return false }
            last = end
        }
    }

    package func checkpoint(of turn: String) async throws -> StepRecord? {
        try await self.store.read { ledger in try ledger.lastCheckpoint(ofTurn: turn) }.map(Self.record)
    }

    /// The rows that are read at once for people: those of some 150 calls.
    private static let shownRows = 600
    /// The bytes of their events.
    private static let shownBytes = 8 << 20

    /// The last steps of a turn after a position of its record, for people.
    package func page(of turn: String, after position: Int) async throws -> TurnStepPage {
        let (rows, isCut) = try await self.store.read { ledger in
            try ledger.lastSteps(ofTurn: turn, after: position, limit: Self.shownRows, bytes: Self.shownBytes)
        }
        guard let last = rows.last else { return TurnStepPage(position: position) }
        return TurnStepPage(
            steps: StepHistory.steps(of: try rows.map(Self.record).map(TaskSteps.shown)), position: last.number,
            isCut: isCut)
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
