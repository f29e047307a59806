import Primitives
import TestSupport
import Testing

@Suite("Waiting", .timeLimit(.minutes(1)))
struct WaitingTests {
    @Test("a signal before the wait is kept, and several count as one")
    func kept() async {
        let signal = Signal()
        signal.signal()
        signal.signal()
        await signal.wait()
        let start = ContinuousClock.now
        await signal.wait(upTo: .milliseconds(30))
        #expect(ContinuousClock.now - start >= .milliseconds(30))
    }

    @Test("a discarded signal wakes nobody")
    func reset() async {
        let signal = Signal()
        signal.signal()
        signal.reset()
        let start = ContinuousClock.now
        await signal.wait(upTo: .milliseconds(30))
        #expect(ContinuousClock.now - start >= .milliseconds(30))
    }

    @Test("a signal, or cancellation, ends a wait")
    func wakes() async {
        let signal = Signal()
        async let waited: Void = signal.wait(upTo: .seconds(50))
        signal.signal()
        await waited
        let task = Task { await signal.wait() }
        task.cancel()
        await task.value
    }

    @Test("all tasks that wait are woken, and the cancellation of one ends only its own wait")
    func severalWaiters() async throws {
        let signal = Signal()
        let waiters = (0..<100).map { _ in Task { await signal.wait() } }
        try await Task.sleep(for: .milliseconds(20))
        for waiter in waiters.prefix(50) { waiter.cancel() }
        for waiter in waiters.prefix(50) { await waiter.value }
        let left = Protected(50)
        await withTaskGroup(of: Void.self) { group in
            for waiter in waiters.suffix(50) {
                group.addTask {
                    await waiter.value
                    left.withLock { $0 -= 1 }
                }
            }
            // Some may not wait yet.
            while left.withLock({ $0 }) > 0 {
                signal.signal()
                await Task.yield()
            }
        }
    }

    @Test("a body that ends in time gives its result or its error")
    func inTime() async throws {
        await expectEqual(withDeadline(.seconds(50)) { 7 }, 7)
        await #expect(throws: CancellationError.self) {
            try await withDeadline(.seconds(50)) { throw CancellationError() }
        }
    }

    @Test("a body that takes too long is cancelled and awaited")
    func tooLate() async {
        let wasCancelled = Protected(false)
        let result = await withDeadline(.milliseconds(20)) {
            try? await Task.sleep(for: .seconds(50))
            wasCancelled.withLock { $0 = Task.isCancelled }
            return 7
        }
        expectEqual(result, nil)
        #expect(wasCancelled.withLock { $0 })
    }

    @Test("cancellation ends the wait for a body")
    func cancelled() async {
        let task = Task {
            await withDeadline(.seconds(50)) { try? await Task.sleep(for: .seconds(50)) } == nil
        }
        task.cancel()
        _ = await task.value
    }
}
