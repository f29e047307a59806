import EventLoop
import TestSupport
import Testing

@Suite("Timers", .timeLimit(.minutes(1)))
@Net
struct TimerTests {
    private func wait(_ duration: Duration) async throws { try await EventLoop.shared.sleep(for: duration) }

    @Test("timers fire by deadline, equal deadlines in order of scheduling")
    func order() async throws {
        var fired: [Int] = []
        for (number, delay) in [(3, 6), (1, 2), (4, 6), (2, 4), (5, 6)] {
            EventLoop.shared.schedule(after: .milliseconds(delay)) { fired.append(number) }
        }
        try await self.wait(.milliseconds(12))
        expectEqual(fired, [1, 2, 3, 4, 5])
    }

    @Test("a cancelled timer never fires and can't be rescheduled")
    func cancel() async throws {
        var fired = 0
        let timer = EventLoop.shared.schedule(after: .milliseconds(1)) { fired += 1 }
        timer.cancel()
        timer.reschedule(after: .zero)
        #expect(!timer.isPending)
        try await self.wait(.milliseconds(4))
        expectEqual(fired, 0)
    }

    @Test("a postponed timer fires once, later; an advanced one earlier; a fired one can be rescheduled")
    func reschedule() async throws {
        var fired: [String] = []
        let late = EventLoop.shared.schedule(after: .milliseconds(2)) { fired.append("late") }
        let early = EventLoop.shared.schedule(after: .seconds(50)) { fired.append("early") }
        late.reschedule(after: .milliseconds(14))
        early.reschedule(after: .milliseconds(7))
        try await self.wait(.milliseconds(22))
        expectEqual(fired, ["early", "late"])
        early.reschedule(after: .zero)
        try await self.wait(.milliseconds(2))
        expectEqual(fired, ["early", "late", "early"])
    }

    @Test("thousands of timers, a third cancelled and a third rescheduled, fire once each and in order")
    func many() async throws {
        final class Slot { var timer: Timer? }
        var fired: [LoopInstant] = []
        var timers: [Timer] = []
        var random = SystemRandomNumberGenerator()
        for _ in 0..<3_000 {
            let slot = Slot()
            let delay = Duration.microseconds(Int.random(in: 0..<20_000, using: &random))
            let timer = EventLoop.shared.schedule(after: delay) {
                if let timer = slot.timer { fired.append(timer.deadline) }
            }
            slot.timer = timer
            timers.append(timer)
        }
        for (index, timer) in timers.enumerated() {
            if index % 3 == 0 { timer.cancel() }
            if index % 3 == 1 { timer.reschedule(after: .microseconds(Int.random(in: 0..<20_000, using: &random))) }
        }
        try await self.wait(.milliseconds(60))
        expectEqual(fired.count, 2_000)
        #expect(zip(fired, fired.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test("a cancelled sleep ends at once")
    func sleepCancelled() async {
        let task = Task { try await EventLoop.shared.sleep(for: .seconds(3_600)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("durations beyond 64 bits of nanoseconds are clamped")
    func overflow() {
        expectEqual(EventLoop.shared.now.advanced(by: .seconds(Int64.max)).nanoseconds, .max)
        #expect(EventLoop.shared.now.advanced(by: .seconds(Int64.min)).nanoseconds < -(1 << 62))
    }
}
