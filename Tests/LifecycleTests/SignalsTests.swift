import EventLoop
import Glibc
import Lifecycle
import TestSupport
import Testing

@Suite("Signals", .timeLimit(.minutes(1)))
@Net
struct SignalsTests {
    @Test("each signal is delivered once on the loop")
    func delivery() async throws {
        let changed = WaitList()
        var seen: [Int32] = []
        let watch = try Signals.watch([SIGUSR1, SIGUSR2]) { signal in
            seen.append(signal)
            changed.wakeAll()
        }
        // To the loop's thread, which blocks the signal; the test runner's other threads do not.
        pthread_kill(pthread_self(), SIGUSR1)
        while seen.count < 1 { try await changed.wait() }
        pthread_kill(pthread_self(), SIGUSR2)
        while seen.count < 2 { try await changed.wait() }
        expectEqual(seen, [SIGUSR1, SIGUSR2])
        watch.cancel()
    }
}
