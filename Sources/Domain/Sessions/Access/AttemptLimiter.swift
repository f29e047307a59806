/// Counts wrong codes: so many in a window for one peer, and so many for all peers together. Pure; time is an
/// argument in milliseconds.
package struct AttemptLimiter: Sendable {
    private let perPeer: Int
    private let inTotal: Int
    private let window: Int64
    private var failures: [(peer: String, at: Int64)] = []

    /// `perPeer` and `inTotal` wrong codes are let through in `window` milliseconds.
    package init(perPeer: Int, inTotal: Int, window: Int64) {
        self.perPeer = perPeer
        self.inTotal = inTotal
        self.window = window
    }

    /// Whether `peer` may try now.
    package mutating func mayTry(_ peer: String, at now: Int64) -> Bool {
        self.failures.removeAll { $0.at <= now - self.window }
        return self.failures.count < self.inTotal
            && self.failures.count(where: { $0.peer == peer }) < self.perPeer
    }

    package mutating func failed(_ peer: String, at now: Int64) {
        self.failures.append((peer, now))
        // The oldest give way; `inTotal` refuses long before that.
        if self.failures.count > self.inTotal * 2 { self.failures.removeFirst() }
    }
}
