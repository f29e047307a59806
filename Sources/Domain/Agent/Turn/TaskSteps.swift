/// The record of one try at one task, as a part of the turn's: each has numbers of its own there.
package struct TaskSteps: StepLog {
    /// More steps than a try can have.
    static let size = 100_000

    private let log: any StepLog
    private let base: Int

    /// - Parameters:
    ///   - number: The task's.
    ///   - attempt: From 1, below 4.
    ///   - letter: The last byte of the id, which may be a letter: `T012a`.
    package init(_ log: any StepLog, number: Int, attempt: Int, letter: UInt8 = 0) {
        let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= letter
        let place = number * 27 + (isLetter ? Int(letter - UInt8(ascii: "a")) + 1 : 0)
        self.init(log, base: (place * 4 + attempt) * Self.size)
    }

    init(_ log: any StepLog, base: Int) {
        self.log = log
        self.base = base
    }

    package func append(_ records: [StepRecord], of turn: String) async throws {
        try await self.log.append(
            records.map {
                StepRecord(number: $0.number + self.base, elapsed: $0.elapsed, event: $0.event, cost: $0.cost)
            }, of: turn)
    }

    package func records(of turn: String, after number: Int) async throws -> [StepRecord] {
        try await self.log.records(of: turn, after: self.base + number).prefix { $0.number < self.base + Self.size }
            .map(self.own)
    }

    package func checkpoint(of turn: String) async throws -> StepRecord? {
        guard let record = try await self.log.checkpoint(of: turn),
            self.base..<(self.base + Self.size) ~= record.number
        else { return nil }
        return self.own(record)
    }

    private func own(_ record: StepRecord) -> StepRecord {
        StepRecord(number: record.number - self.base, elapsed: record.elapsed, event: record.event)
    }

    /// A record of a turn with the ids of its calls as they are unique in the turn: each try numbers its own.
    static func shown(_ record: StepRecord) -> StepRecord {
        let part = record.number / Self.size
        guard part > 0 else { return record }
        return StepRecord(
            number: record.number, elapsed: record.elapsed,
            event: record.event.renamingCalls { "\(part).\($0)" })
    }
}

extension AgentEvent {
    fileprivate func renamingCalls(_ name: (String) -> String) -> AgentEvent {
        switch self {
        case .answered(var answer):
            answer.calls = answer.calls.map {
                AgentCall(id: name($0.id), wireID: $0.wireID, name: $0.name, arguments: $0.arguments)
            }
            return .answered(answer)
        case .decided(let decision):
            return .decided(Decision(call: name(decision.call), digest: decision.digest, decision: decision.decision))
        case .started(let start): return .started(Start(call: name(start.call), title: start.title, files: start.files))
        case .finished(let finish): return .finished(Finish(call: name(finish.call), result: finish.result))
        default: return self
        }
    }
}
