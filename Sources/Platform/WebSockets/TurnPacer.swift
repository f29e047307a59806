internal import EventLoop

/// Spaces the turns of a busy service.
///
/// The library polls: each turn costs about 0.1 µs per socket, however few are ready. When turns follow closely, a
/// short wait lets more messages share one. The first few turns don't wait, so a single exchange stays fast.
struct TurnPacer: Sendable {
    private static let burst: Int64 = 16

    /// When the used credit will be fully restored.
    private var busyUntil: Int64 = 0

    /// Nanoseconds to wait before a turn over `count` sockets.
    mutating func delay(now: LoopInstant, count: Int) -> Int64 {
        // Half a microsecond per socket: at most a fifth of the time is spent polling.
        let cost = Int64(count) * 500
        let start = max(self.busyUntil, now.nanoseconds)
        self.busyUntil = start + cost
        return max(0, start - now.nanoseconds - cost * Self.burst)
    }
}
