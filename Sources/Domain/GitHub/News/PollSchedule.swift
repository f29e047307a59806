/// Decides when watched branches are polled. Pure; times are milliseconds since 1970.
package struct PollSchedule: Sendable {
    package static let minute: Int64 = 60_000
    private static let day: Int64 = 86_400_000
    /// New watches begin within this time, spread over it.
    private static let spread: Int64 = 10_000

    /// When each watch was last polled, or is to be polled for the first time.
    private var due: [String: Int64] = [:]
    private let leastInterval: Int64

    /// - Parameter leastInterval: the minimum number of milliseconds between two polls; more than a minute if a webhook
    ///   reports events and polling only finds lost deliveries.
    package init(leastInterval: Int64 = Self.minute) { self.leastInterval = leastInterval }

    private func interval(activeAt: Int64, now: Int64) -> Int64 {
        max(self.leastInterval, Self.interval(activeAt: activeAt, now: now))
    }

    /// The polling interval of a watch that was last active at this time, in milliseconds.
    package static func interval(activeAt: Int64, now: Int64) -> Int64 {
        switch now - activeAt {
        case ...Self.day: Self.minute
        case ...(7 * Self.day): 5 * Self.minute
        default: 60 * Self.minute
        }
    }

    /// Forgets watches that are gone, and plans new ones.
    package mutating func plan(_ watches: [(id: String, activeAt: Int64)], at now: Int64) {
        var due: [String: Int64] = [:]
        for (id, activeAt) in watches {
            // A watch that has become active again need not wait for its old turn.
            let latest = now + self.interval(activeAt: activeAt, now: now)
            due[id] = min(self.due[id] ?? now + Self.offset(of: id), latest)
        }
        self.due = due
    }

    /// Schedules a watch as soon as possible, even if it is being polled now.
    package mutating func hurry(_ id: String, at now: Int64) { self.due[id] = now + 1 }

    package func isDue(_ id: String, at now: Int64) -> Bool { self.due[id].map { $0 <= now } ?? false }

    /// Notes that a poll which began at `start` has ended. One that failed is repeated in a minute.
    package mutating func polled(_ id: String, activeAt: Int64, from start: Int64, at now: Int64, hasFailed: Bool) {
        // It was hurried in the meantime, and this poll may have missed the reason.
        if let due = self.due[id], due > start { return }
        self.due[id] = now + (hasFailed ? Self.minute : self.interval(activeAt: activeAt, now: now))
    }

    /// When the next watch is due; nil without watches.
    package var next: Int64? { self.due.values.min() }

    /// 64-bit FNV-1a, so that threads are spread evenly and always alike.
    private static func offset(of id: String) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int64(hash % UInt64(Self.spread))
    }
}
