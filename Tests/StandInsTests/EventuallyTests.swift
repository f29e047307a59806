import TestSupport
import Testing

@Suite("Waits of tests", .timeLimit(.minutes(1)))
struct EventuallyTests {
    @Test("a wait in vain and a cancelled one end with what they waited for")
    func ends() async {
        var rounds = 0
        let late = await #expect(throws: WaitFailure.self) {
            try await eventually("the sky falls", within: .milliseconds(1)) {
                rounds += 1
                return false
            }
        }
        #expect(late?.description == "waited 0.001 seconds in vain until the sky falls" && rounds > 0)
        let waiting = Task { try await eventually("the sky falls") { false } }
        waiting.cancel()
        let cancelled = await #expect(throws: WaitFailure.self) { try await waiting.value }
        expectEqual(cancelled?.description, "cancelled while waiting until the sky falls")
    }

    @Test("a condition that is met is the last one that is looked at")
    func met() async throws {
        var rounds = 0
        try await eventually("there are 150 rounds") {
            rounds += 1
            return rounds == 150
        }
        expectEqual(rounds, 150)
    }
}
