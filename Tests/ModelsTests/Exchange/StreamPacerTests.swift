import EventLoop
import TestSupport
import Testing

@testable import Models

@Suite("Pacing many streams", .timeLimit(.minutes(1)))
@Net
struct StreamPacerTests {
    @Test("few answers are read as they arrive")
    func few() async throws {
        let pacer = StreamPacer()
        let group = pacer.enter()
        let start = LoopInstant.current()
        for _ in 0..<100 { try await pacer.pause(group) }
        #expect(start.duration(to: .current()) < .seconds(1))
        pacer.leave()
    }

    @Test("many are read in turns; a cancelled one ends at once, and the last ones do not wait for finished ones")
    func many() async throws {
        let pacer = StreamPacer()
        let groups = (0..<400).map { _ in pacer.enter() }
        expectEqual(Set(groups).count, 4)
        let start = LoopInstant.current()
        for group in Set(groups) { try await pacer.pause(group) }
        #expect(start.duration(to: .current()) >= .milliseconds(20))
        let waiting = Task { @Net in try await pacer.pause(groups[0]) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        for _ in groups.dropFirst() { pacer.leave() }
        try await pacer.pause(groups[0])
    }
}
