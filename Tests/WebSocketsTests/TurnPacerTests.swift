import EventLoop
import TestSupport
import Testing

@testable import WebSockets

@Suite("Turn pacer")
struct TurnPacerTests {
    @Test(
        "for two thousand sockets, a burst of turns is free, then one per millisecond, and idle time restores the burst"
    )
    func pace() {
        var pacer = TurnPacer()
        var now: Int64 = 1_000_000_000
        for _ in 0...16 { expectEqual(pacer.delay(now: LoopInstant(nanoseconds: now), count: 2000), 0) }
        for _ in 0..<5 {
            let delay = pacer.delay(now: LoopInstant(nanoseconds: now), count: 2000)
            expectEqual(delay, 1_000_000)
            now += delay
        }
        now += 20_000_000
        for _ in 0...16 { expectEqual(pacer.delay(now: LoopInstant(nanoseconds: now), count: 2000), 0) }
    }

    @Test("few sockets are rarely paced")
    func few() {
        var pacer = TurnPacer()
        var now: Int64 = 0
        for _ in 0..<1000 {
            expectEqual(pacer.delay(now: LoopInstant(nanoseconds: now), count: 10), 0)
            now += 20_000
        }
    }
}
