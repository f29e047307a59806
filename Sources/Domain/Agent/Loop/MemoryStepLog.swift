internal import Primitives

/// Keeps the records of turns in memory only: for tests, and for turns that need not survive a restart.
package final class MemoryStepLog: StepLog {
    private let turns: Protected<[String: [StepRecord]]>

    package init(_ turns: [String: [StepRecord]] = [:]) {
        self.turns = Protected(turns)
    }

    package func append(_ records: [StepRecord], of turn: String) async throws {
        self.turns.withLock { $0[turn, default: []] += records }
    }

    package func records(of turn: String, after number: Int) async throws -> [StepRecord] {
        self.turns.withLock { ($0[turn] ?? []).filter { $0.number > number } }
    }

    package func checkpoint(of turn: String) async throws -> StepRecord? {
        self.turns.withLock { turns in
            turns[turn]?.last { if case .summarised = $0.event { true } else { false } }
        }
    }
}
