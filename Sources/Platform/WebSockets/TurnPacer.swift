internal import EventLoop

/// Spaces the turns of a busy service.
///
/// The library polls: each turn costs about 0.1 µs a socket, however few are ready. When turns follow each other
/// closely, a short wait lets more messages share one; a few turns in a row stay without it, so that a single exchange is
/// as fast as ever.
struct TurnPacer: Sendable {
    private static let burst: Int64 = 16

    /// When the credit that was used up is all back.
    private var busyUntil: Int64 = 0

    /// How many nanoseconds to wait before a turn over `count` sockets.
    mutating func delay(now: LoopInstant, count: Int) -> Int64 {
        // Half a microsecond a socket: at most a fifth of the time goes into polling.
        let cost = Int64(count) * 500
        let start = max(self.busyUntil, now.nanoseconds)
        self.busyUntil = start + cost
        return max(0, start - now.nanoseconds - cost * Self.burst)
    }
}
