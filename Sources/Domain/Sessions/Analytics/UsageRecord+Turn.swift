internal import Analytics
internal import Chat
internal import Database
internal import Store
internal import Threads

extension UsageRecord {
    /// A turn that has ended, and counts as `state`. Its tokens and calls are in other records.
    init(
        _ state: TurnRecord.State, model: String, began: Int64, firstText: Int64?, milliseconds: Int64, at now: Int64
    ) {
        self.init("turn", began: began, at: now)
        (self.model, self.state, self.turns) = (model, state.rawValue, 1)
        self.failed = state == .failed || state == .interrupted ? 1 : 0
        self.stopped = state == .stopped ? 1 : 0
        self.duration = milliseconds
        self.firstToken = firstText.map { began + $0 }
        self.latency = firstText.map { LatencyScale.letter(for: $0) } ?? ""
        self.lasting = LatencyScale.letter(for: milliseconds / UsageSums.timeUnit)
    }
}

extension Ledger {
    /// Whether the record of a step is stored.
    func hasUsage(_ call: ModelCall, of turn: TurnRecord) throws -> Bool {
        try self.connection.first(
            "SELECT 1 AS found FROM usage_records WHERE session = ? AND operation = ? AND began = ? AND kind = ?",
            [.text(turn.session), .text(turn.id), .integer(call.began), .text(call.kind.rawValue)]) != nil
    }
}
