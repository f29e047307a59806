import EventLoop
import TestSupport
import Testing

@Suite("BytePipe", .timeLimit(.minutes(1)))
@Net
struct BytePipeTests {
    private struct Broken: Error {}

    @Test("a full pipe stops its producer until it is half empty")
    func backPressure() {
        let pipe = BytePipe(highWater: 8)
        var drained = 0
        pipe.onDrain = { drained += 1 }
        #expect(pipe.offer([1, 2, 3, 4, 5]))
        #expect(!pipe.offer([6, 7, 8]))
        #expect(!pipe.hasRoom)
        expectEqual(self.take(2, from: pipe), [1, 2])
        expectEqual(drained, 0)
        expectEqual(self.take(2, from: pipe), [3, 4])
        expectEqual(drained, 1)
        expectEqual(pipe.takeAll(), [5, 6, 7, 8])
        expectEqual(drained, 1)
    }

    private func take(_ count: Int, from pipe: BytePipe) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let taken = bytes.withUnsafeMutableBytes { pipe.take(into: $0) }
        return Array(bytes.prefix(taken))
    }

    @Test("bytes keep their order in any mix of writes and reads")
    func order() {
        let pipe = BytePipe()
        var expected: [UInt8] = []
        var taken: [UInt8] = []
        for round in 0..<20_000 {
            let bytes = (0..<(round % 23)).map { UInt8(truncatingIfNeeded: $0 + round) }
            expected += bytes
            if round % 2 == 0 { pipe.offer(bytes) } else { pipe.offer(bytes.span) }
            taken += round % 7 == 0 ? pipe.takeAll() ?? [] : self.take(round % 29, from: pipe)
        }
        taken += pipe.takeAll() ?? []
        expectEqual(taken, expected)
    }

    @Test("a writing task waits for room, a reading one for bytes")
    func tasks() async throws {
        let pipe = BytePipe(highWater: 1_000)
        let producer = Task {
            for number in 0..<500 { try await pipe.write([UInt8](repeating: UInt8(number % 251), count: 100)) }
            pipe.finish()
        }
        var count = 0
        while let bytes = try await pipe.read() {
            #expect(bytes.count <= 1_100)
            count += bytes.count
        }
        try await producer.value
        expectEqual(count, 50_000)
        try await expectEqual(pipe.read(), nil)
    }

    @Test("an error follows the bytes before it")
    func failure() async throws {
        let pipe = BytePipe()
        pipe.offer([1])
        pipe.finish(throwing: Broken())
        pipe.finish()
        #expect(!pipe.offer([2]))
        try await expectEqual(pipe.read(), [1])
        await #expect(throws: Broken.self) { try await pipe.read() }
    }

    @Test("cancelling notifies the producer once and ends a waiting writer")
    func cancel() async throws {
        let pipe = BytePipe(highWater: 1)
        var cancelled = 0
        pipe.onCancel = { cancelled += 1 }
        pipe.offer([1, 2])
        let writer = Task.immediate { try await pipe.write([3]) }
        pipe.cancel()
        pipe.cancel()
        await #expect(throws: BytePipe.Closed.self) { try await writer.value }
        await #expect(throws: BytePipe.Closed.self) { try await pipe.read() }
        expectEqual(cancelled, 1)
        expectEqual(pipe.count, 0)
    }

    @Test("a cancelled reader ends, and the pipe remains usable")
    func cancelledReader() async throws {
        let pipe = BytePipe()
        let reader = Task.immediate { try await pipe.read() }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        pipe.offer([7])
        try await expectEqual(pipe.read(), [7])
    }

    @Test("callbacks report bytes and the end")
    func readableCallback() {
        let pipe = BytePipe()
        var calls = 0
        pipe.onReadable = { calls += 1 }
        pipe.offer([1])
        pipe.offer([2])
        expectEqual(calls, 1)
        #expect(pipe.end == nil)
        expectEqual(pipe.takeAll(), [1, 2])
        pipe.finish()
        expectEqual(calls, 2)
        #expect(throws: Never.self) { try pipe.end?.get() }
        expectEqual(pipe.takeAll(), nil)
    }
}
