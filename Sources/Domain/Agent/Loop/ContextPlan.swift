internal import Models

/// What has to happen before the next request, so that it fits into the model's input limit.
///
/// Folds seldom and much: each fold changes the request's beginning, which endpoints otherwise reuse. Old results go
/// first, because the model can get them again; then the older steps become a summary. Pure.
package enum ContextPlan: Sendable, Equatable {
    case ready
    /// Replace these calls' results by outlines.
    case fold([String])
    /// Replace the events up to this number by a summary.
    case summarise(through: Int)
    /// Nothing more can be saved.
    case full
}

extension ContextPlan {
    /// - Parameters:
    ///   - records: of the turn.
    ///   - tokens: the estimated size of the whole request, corrected.
    ///   - budget: what fits, in the same tokens.
    ///   - factor: the correction of estimates.
    package static func plan(_ records: [StepRecord], tokens: Int, budget: Int, factor: Double = 1) -> ContextPlan {
        guard tokens > budget / 10 * 8 else { return .ready }
        let otherwise: ContextPlan = tokens > budget ? .full : .ready
        let work = Work(records, factor: factor)
        let fold = work.oldResults(keeping: budget / 4)
        if fold.gain >= budget / 5 { return .fold(fold.calls) }
        // A summary that was of no use will be of none again, and two without a step between them are a loop.
        if let last = work.lastSummary, !last.summary.hasHelped || !last.hasStepSince { return otherwise }
        guard let through = work.lastOldEvent(keeping: budget / 4) else {
            return fold.gain > 0 && tokens > budget ? .fold(fold.calls) : otherwise
        }
        return .summarise(through: through)
    }
}

/// The steps of a turn and their sizes.
private struct Work {
    private struct Group {
        /// The number of the event before the answer.
        let before: Int
        var calls: [AgentCall]
        var tokens: Int
        var results: [(call: AgentCall, tokens: Int, outline: Int)] = []
    }

    private var groups: [Group] = []
    private(set) var lastSummary: (summary: AgentEvent.Summary, hasStepSince: Bool)?
    private let factor: Double

    init(_ records: [StepRecord], factor: Double) {
        self.factor = factor
        var folded: Set<String> = []
        for record in records {
            switch record.event {
            case .folded(let calls): folded.formUnion(calls)
            case .summarised(let summary): self.lastSummary = (summary, false)
            case .answered: self.lastSummary?.hasStepSince = true
            default: break
            }
        }
        let through = self.lastSummary?.summary.through ?? 0
        for record in records where record.number > through {
            switch record.event {
            case .answered(let answer):
                let size = self.size(answer.text) + answer.calls.reduce(0) { $0 + self.size($1.arguments) }
                self.groups.append(Group(before: record.number - 1, calls: answer.calls, tokens: size))
            case .finished(let finish): self.add(finish, isFolded: folded.contains(finish.call))
            default: break
            }
        }
    }

    private mutating func add(_ finish: AgentEvent.Finish, isFolded: Bool) {
        guard let index = self.groups.lastIndex(where: { $0.calls.contains { $0.id == finish.call } }),
            let call = self.groups[index].calls.first(where: { $0.id == finish.call })
        else { return }
        let outline = self.size(AgentTranscript.outline(of: call, finish.result))
        let size = isFolded ? outline : self.size(finish.result.text)
        self.groups[index].tokens += size
        if !isFolded { self.groups[index].results.append((call, size, outline)) }
    }

    private func size(_ text: String) -> Int {
        Int(Double(TokenEstimator.tokens(in: text) + TokenEstimator.perMessage) * self.factor)
    }

    /// The results before the newest ones that take `room` together, without those of the last step, and what stubs
    /// in their place save.
    func oldResults(keeping room: Int) -> (calls: [String], gain: Int) {
        var kept = 0
        var calls: [String] = []
        var gain = 0
        for (age, group) in self.groups.reversed().enumerated() {
            for result in group.results.reversed() {
                kept += result.tokens
                guard age > 0, kept > room, result.tokens > result.outline else { continue }
                calls.append(result.call.id)
                gain += result.tokens - result.outline
            }
        }
        return (calls.reversed(), gain)
    }

    /// The last event before the newest steps that take `room` together; nil when there are no older ones.
    func lastOldEvent(keeping room: Int) -> Int? {
        var kept = 0
        for (age, group) in self.groups.reversed().enumerated() {
            kept += group.tokens
            guard age > 0, kept > room else { continue }
            let next = self.groups[self.groups.count - age]
            return next.before
        }
        return nil
    }
}
