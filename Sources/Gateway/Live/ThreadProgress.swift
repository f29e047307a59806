internal import Sessions

/// The frames already sent to a thread's subscriber. Pure.
struct ThreadProgress: Sendable {
    /// The last sequence number sent, by operation that has not ended.
    private(set) var open: [String: Int64] = [:]
    private(set) var ended: Set<String> = []
    /// Grows with each frame sent.
    private(set) var count = 0
    /// Frames may be missing since this time, in milliseconds since 1970.
    var gapSince: Int64?

    /// The last sequence number sent for an operation; 0 before the first.
    func last(of operation: String) -> Int64 { self.open[operation] ?? 0 }

    func hasEnded(_ operation: String) -> Bool { self.ended.contains(operation) }

    mutating func note(_ frame: LiveFrame) {
        self.count += 1
        guard frame.isLast else {
            self.open[frame.operation] = frame.sequence
            return
        }
        self.open[frame.operation] = nil
        // Only recent operations matter: an ended one never sends again.
        if self.ended.count > 1000 { self.ended.removeAll() }
        self.ended.insert(frame.operation)
    }

    mutating func hasGap(since time: Int64) {
        self.gapSince = min(self.gapSince ?? time, time)
    }
}
