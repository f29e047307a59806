import EventLoop
import TestSupport
import Testing

@Suite("Bytes waiting to be written")
struct OutputQueueTests {
    /// Drains at most `limit` bytes a call, `calls` times at most.
    private static func drain(_ queue: inout OutputQueue, by limit: Int, calls: Int = .max) -> [[UInt8]] {
        var written: [[UInt8]] = []
        queue.drain { bytes, start in
            guard written.count < calls else { return nil }
            let part = bytes[start...].prefix(limit)
            written.append(Array(part))
            return part.count
        }
        return written
    }

    @Test("small pieces are joined, also those made in place; large ones are not")
    func joined() {
        var queue = OutputQueue()
        queue.append(Array("head".utf8))
        queue.append(about: 4) { $0 += "body".utf8 }
        queue.append([UInt8](repeating: 1, count: 20_000))
        queue.append(about: 20_000) { $0 += [UInt8](repeating: 2, count: 20_001) }
        queue.append(about: 10) { _ in }
        expectEqual(queue.count, 40_009)
        let written = Self.drain(&queue, by: .max)
        expectEqual(written.map(\.count), [8, 20_000, 20_001])
        expectEqual(written[0], Array("headbody".utf8))
        #expect(queue.isEmpty)
    }

    @Test("what is appended after a partial write follows what is left")
    func partial() {
        var queue = OutputQueue()
        queue.append(Array("abcdef".utf8))
        expectEqual(Self.drain(&queue, by: 4, calls: 1), [Array("abcd".utf8)])
        queue.append(about: 2) { $0 += "gh".utf8 }
        expectEqual(queue.count, 4)
        expectEqual(Self.drain(&queue, by: .max), [Array("efgh".utf8)])
        #expect(queue.isEmpty)
    }
}
