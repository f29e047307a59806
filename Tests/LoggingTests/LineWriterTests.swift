import Glibc
import Primitives
import Testing

@testable import Logging

/// A pipe whose read end the test owns.
private final class Pipe: Sendable {
    let reader: Int32
    let writer: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        (self.reader, self.writer) = (ends[0], ends[1])
        try #require(fcntl(self.reader, F_SETFL, O_NONBLOCK) == 0)
    }

    deinit {
        close(self.reader)
        close(self.writer)
    }

    /// The bytes available now.
    func read() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(self.reader, &bytes, bytes.count)
        return Array(bytes[..<max(0, count)])
    }
}

@Suite("Line writer", .timeLimit(.minutes(1)))
struct LineWriterTests {
    private static let line = [UInt8](repeating: UInt8(ascii: "x"), count: 999) + [UInt8(ascii: "\n")]

    @Test("a stalled reader never blocks the writer, and no line within the buffer is lost")
    func slowReader() throws {
        let pipe = try Pipe()
        let lines = LineWriter(descriptor: pipe.writer) { _ in Issue.record("lost lines") }
        // Ten times a pipe's capacity; returns although no one reads.
        for _ in 0..<640 { lines.write(Self.line) }
        var received: [UInt8] = []
        while received.count < 640_000 { received += pipe.read() }
        #expect(received.split(separator: 10).allSatisfy { $0.count == 999 })
        lines.flush(atMost: 10_000)
        lines.write(Self.line)
        #expect(pipe.read() == Self.line)
    }

    @Test("lost lines are counted and reported")
    func lossIsReported() throws {
        let pipe = try Pipe()
        let lost = Protected(0)
        let lines = LineWriter(descriptor: pipe.writer, capacity: 10_000) { count in lost.withLock { $0 += count } }
        for _ in 0..<200 { lines.write(Self.line) }
        var received = 0
        while received + lost.withLock({ $0 }) * 1_000 < 200_000 { received += pipe.read().count }
        #expect(received + lost.withLock { $0 } * 1_000 == 200_000)
        #expect(received >= 65_000)
        lines.flush(atMost: 10_000)
    }

    @Test("a broken descriptor is ignored")
    func brokenDescriptor() {
        let lines = LineWriter(descriptor: 1_000_000) { _ in }
        for _ in 0..<100 { lines.write(Self.line) }
        lines.flush(atMost: 10_000)
        let readOnly = open("/dev/null", O_RDONLY)
        LineWriter(descriptor: readOnly) { _ in }.write(Self.line)
        close(readOnly)
    }
}
