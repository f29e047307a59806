internal import JSON

/// A call that the bot made.
package struct TelegramCall: Sendable {
    /// As the Bot API writes it.
    package var method: String
    /// The chat of its parameters.
    package var chat: Int64?
    /// The HTTP status; 0 while it is under way and for one whose answer was lost.
    package var status: Int
    /// What an error said.
    package var error: String?
    /// Seconds since 1970.
    package var time: Double
}

/// The calls so far.
struct TelegramCallLog: Sendable {
    private(set) var counts: [String: Int] = [:]
    private(set) var statuses: [Int: Int] = [:]
    private(set) var calls: [TelegramCall] = []
    let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    mutating func add(_ call: TelegramCall) {
        self.counts[call.method, default: 0] += 1
        self.statuses[call.status, default: 0] += 1
        if self.calls.count >= self.limit + self.limit / 4 { self.calls.removeFirst(self.calls.count - self.limit) }
        self.calls.append(call)
    }
}
