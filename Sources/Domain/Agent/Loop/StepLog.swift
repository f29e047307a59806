package import Chat

/// One row of a turn's record.
package struct StepRecord: Sendable, Equatable {
    /// From 1, without gaps within a turn.
    package let number: Int
    /// The turn's own time in milliseconds: without waiting for people, and without the time between a crash and the
    /// resumption.
    package let elapsed: Int
    package let event: AgentEvent
    /// What the answer or the call took; stored beside the record and not read back with it.
    package let cost: StepCost?

    package init(number: Int, elapsed: Int, event: AgentEvent, cost: StepCost? = nil) {
        self.number = number
        self.elapsed = elapsed
        self.event = event
        self.cost = cost
    }
}

package enum StepCost: Sendable, Equatable {
    case answer(ModelCall)
    indirect case tool(name: String, model: String, isDone: Bool, milliseconds: Int)

    /// Of a call that has finished at `elapsed`, from the records before it; nil if they do not have the call.
    package static func tool(_ finish: AgentEvent.Finish, at elapsed: Int, after records: [StepRecord]) -> StepCost? {
        var start = elapsed
        for record in records.reversed() {
            switch record.event {
            case .started(let started) where started.call == finish.call: start = record.elapsed
            case .answered(let answer):
                guard let call = answer.calls.first(where: { $0.id == finish.call }) else { continue }
                return .tool(
                    name: call.name, model: answer.model, isDone: finish.result.outcome == .done,
                    milliseconds: max(0, elapsed - start))
            default: break
            }
        }
        return nil
    }
}

/// Keeps the records of turns.
package protocol StepLog: Sendable {
    /// Adds to a turn's record, all or nothing. Returns when they are durable: what they announce begins afterwards.
    func append(_ records: [StepRecord], of turn: String) async throws
    /// Adds to a turn's record together with what is stored next, which follows at once: the turn's end.
    func appendWithEnd(_ records: [StepRecord], of turn: String) async throws
    /// The records with larger numbers than `number`, in order.
    func records(of turn: String, after number: Int) async throws -> [StepRecord]
    /// The newest record of an ``AgentEvent/summarised(_:)``: a turn can be read from behind
    /// ``AgentEvent/Summary/through`` on.
    func checkpoint(of turn: String) async throws -> StepRecord?
}

extension StepLog {
    package func appendWithEnd(_ records: [StepRecord], of turn: String) async throws {
        try await self.append(records, of: turn)
    }

    /// What a turn's next step follows from: the newest summary and the records that it does not cover.
    package func history(of turn: String) async throws -> (checkpoint: AgentEvent.Summary?, records: [StepRecord]) {
        guard let record = try await self.checkpoint(of: turn), case .summarised(let summary) = record.event else {
            return (nil, try await self.records(of: turn, after: 0))
        }
        return (summary, try await self.records(of: turn, after: summary.through))
    }
}
