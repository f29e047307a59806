/// The records of requests that fail, of which a client can send any number without cost. The first failure of a model in a
/// minute has a record of its own, the others of that minute are one record. Pure.
package struct FailedUsage: Sendable {
    /// Models of a client with records of their own in a minute: a client may invent any number.
    private static let modelLimit = 10

    /// Further failures of the minute, by client and model.
    private var others: [String: [String: UsageRecord]] = [:]
    /// Since 1970.
    private var minute: Int64 = 0

    package init() {}

    package var isEmpty: Bool { self.others.isEmpty }

    /// Counts a failure. Returns what is to be stored now.
    package mutating func add(_ record: UsageRecord, of client: String) -> [UsageRecord] {
        let due = self.take(at: record.at)
        var record = record
        var models = self.others[client] ?? [:]
        if models[record.model] == nil, models.count >= Self.modelLimit { record.model = "other" }
        let earlier = models[record.model]
        let first = earlier == nil ? [record] : []
        record.calls = earlier.map { $0.calls + record.calls } ?? 0
        models[record.model] = record
        self.others[client] = models
        return due + first
    }

    /// Takes the failures of earlier minutes, or all of them.
    package mutating func take(at time: Int64, isLast: Bool = false) -> [UsageRecord] {
        guard isLast || time / 60_000 != self.minute else { return [] }
        defer { (self.others, self.minute) = ([:], time / 60_000) }
        return self.others.values.flatMap(\.values).filter { $0.calls > 0 }
    }
}
