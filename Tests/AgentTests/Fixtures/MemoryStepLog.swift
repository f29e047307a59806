import Agent
import Primitives

/// Keeps the records of turns in memory only.
final class MemoryStepLog: StepLog {
    private let turns: Protected<[String: [StepRecord]]>

    init(_ turns: [String: [StepRecord]] = [:]) {
        self.turns = Protected(turns)
    }

    func append(_ records: [StepRecord], of turn: String) async throws {
        self.turns.withLock { $0[turn, default: []] += records }
    }

    func records(of turn: String, after number: Int) async throws -> [StepRecord] {
        self.turns.withLock { ($0[turn] ?? []).filter { $0.number > number } }
    }

    func checkpoint(of turn: String) async throws -> StepRecord? {
        self.turns.withLock { turns in
            turns[turn]?.last { if case .summarised = $0.event { true } else { false } }
        }
    }
}
