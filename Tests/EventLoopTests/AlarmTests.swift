import EventLoop
import TestSupport
import Testing

@Suite("Alarms", .timeLimit(.minutes(1)))
@Net
struct AlarmTests {
    @Net private final class Count {
        var value = 0
    }

    @Test("an alarm fires once, a repeating one until cancelled, a released one never")
    func ring() async throws {
        let (once, often, never) = (Count(), Count(), Count())
        let single = Alarm(after: .milliseconds(1)) { once.value += 1 }
        let repeating = Alarm(after: .milliseconds(1), isRepeating: true) { often.value += 1 }
        _ = Alarm(after: .milliseconds(1)) { never.value += 1 }
        while often.value < 3 { try await self.settle() }
        repeating.cancel()
        try await self.settle()
        let rung = often.value
        try await self.settle()
        expectEqual(often.value, rung)
        expectEqual(once.value, 1)
        expectEqual(never.value, 0)
        single.cancel()
    }

    private func settle() async throws { try await EventLoop.shared.sleep(for: .milliseconds(5)) }
}
