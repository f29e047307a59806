import Primitives
import Testing

@testable import NATS

@Suite("What consumers make of deliveries")
struct ConsumerReadingTests {
    private static func message(_ reply: String? = nil, status: String? = nil) -> NATSMessage {
        NATSMessage(subject: "a", reply: reply, payload: [], status: status, statusText: nil)
    }

    @Test("an ordered consumer takes its own messages in order, from old and new servers")
    func ordered() {
        var consumer = OrderedConsumer(name: "c", after: 7)
        #expect(consumer.read(Self.message("$JS.ACK.S.old.1.9.1.170.0")) == .ignore)
        #expect(consumer.read(Self.message("$JS.ACK.S.c.1.9.1.170.0")) == .deliver)
        #expect(consumer.position == 9)
        #expect(consumer.read(Self.message(status: "100")) == .ignore)
        #expect(consumer.read(Self.message("$JS.ACK._.hash.S.c.1.12.2.170.0.x")) == .deliver)
        #expect(consumer.position == 12)
        #expect(consumer.read(Self.message("$JS.ACK.S.c.1.14.4.170.0")) == .broken)
        #expect(consumer.position == 12)
        #expect(consumer.read(Self.message(status: "409")) == .broken)
        for reply in [nil, "", "$JS.ACK", "$JS.ACK.S.c.1.x.3.170.0", "a.b.c.d.e.f.g.h.i", "$JS.ACK.S.c.1.9.1.170"] {
            #expect(consumer.read(Self.message(reply)) == .ignore)
        }
    }

    @Test("a pull ends after its messages, or when the server says so")
    func pull() {
        var consumer = PullConsumer()
        #expect(consumer.expected == 0)
        consumer.pulled()
        for left in (0..<PullConsumer.batch).reversed() {
            #expect(consumer.read(Self.message()) == .deliver)
            #expect(consumer.expected == left)
        }
        consumer.pulled()
        #expect(consumer.read(Self.message(status: "100")) == .ignore)
        #expect(consumer.expected == PullConsumer.batch)
        #expect(consumer.read(Self.message(status: "408")) == .ignore)
        #expect(consumer.expected == 0)
        #expect(consumer.read(Self.message(status: "409")) == .broken)
        #expect(consumer.read(Self.message(status: "503")) == .broken)
    }

    @Test("a buffer keeps the newest within both limits, and one gap stands for all that is missing")
    func buffer() async {
        let buffer = NATSBuffer(messages: 3, bytes: 10) { _ in }
        func put(_ bytes: Int) {
            buffer.put(
                NATSMessage(
                    subject: "\(bytes)", reply: nil, payload: [UInt8](repeating: 0, count: bytes), status: nil,
                    statusText: nil))
        }
        func next() async -> String? {
            switch await buffer.next(upTo: .zero) {
            case .message(let message): message.subject
            case .gap: "gap"
            case nil: nil
            }
        }
        for bytes in 1...5 { put(bytes) }
        #expect(await next() == "gap")
        // 3 + 4 + 5 bytes are too many.
        #expect(await next() == "4")
        #expect(await next() == "5")
        #expect(await next() == nil)
        buffer.putGap()
        buffer.putGap()
        put(1)
        buffer.putGap()
        buffer.putGap()
        buffer.end()
        put(2)
        #expect(await next() == "gap")
        #expect(await next() == "1")
        #expect(await next() == "gap")
        #expect(await next() == nil)
    }

    @Test("a buffer that keeps the oldest has the gap behind them")
    func keepingOldest() async {
        let dropped = Protected(0)
        let buffer = NATSBuffer(messages: 2, bytes: 10, keepsOldest: true) { count in
            dropped.withLock { $0 += count }
        }
        for number in 0..<5 {
            buffer.put(
                NATSMessage(subject: "\(number)", reply: nil, payload: [], status: nil, statusText: nil))
        }
        var seen: [String] = []
        while let delivery = await buffer.next(upTo: .zero) {
            if case .message(let message) = delivery { seen.append(message.subject) } else { seen.append("gap") }
        }
        #expect(seen == ["0", "1", "gap"])
        #expect(dropped.withLock { $0 } == 3)
    }
}
