internal import JSON

/// A call by the bot.
package struct TelegramServerCall: Sendable {
    /// As the Bot API spells it.
    package var method: String
    /// The chat in its parameters.
    package var chat: Int64?
    /// The HTTP status; 0 during the call, and if the answer was lost.
    package var status: Int
    /// The description of an error.
    package var error: String?
    /// Seconds since 1970.
    package var time: Double
}

/// The calls so far.
struct TelegramCallLog: Sendable {
    private(set) var counts: [String: Int] = [:]
    private(set) var statuses: [Int: Int] = [:]
    private(set) var calls: [TelegramServerCall] = []
    let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    mutating func add(_ call: TelegramServerCall) {
        self.counts[call.method, default: 0] += 1
        self.statuses[call.status, default: 0] += 1
        if self.calls.count >= self.limit + self.limit / 4 { self.calls.removeFirst(self.calls.count - self.limit) }
        self.calls.append(call)
    }
}
