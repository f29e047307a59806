import NATS
import Primitives
import TestSupport
import Testing

@Suite("JetStream on a real NATS server", .timeLimit(.minutes(2)), .serialized)
struct JetStreamTests {
    private static let events = NATSStream(
        name: "EVENTS", subjects: ["event.*"], storage: .file, maxAge: .seconds(600), duplicateWindow: .seconds(120))
    private static let live = NATSStream(
        name: "LIVE", subjects: ["live.*"], storage: .memory, maxAge: .seconds(60), duplicateWindow: .seconds(60))

    private static func texts(_ count: Int, of iterator: inout NATSConsumer.AsyncIterator) async -> [String?] {
        var texts: [String?] = []
        for _ in 0..<count { texts.append(await iterator.next()?.text) }
        return texts
    }

    @Test("a message of a known id is stored once")
    func duplicates() async throws {
        let server = try await NATSServer()
        let one = try await RunningNATS(to: server)
        try await one.nats.ensure(Self.events)
        let first = try await one.nats.store([1], to: "event.a", id: "inbox.1")
        let again = try await one.nats.store([1], to: "event.a", id: "inbox.1")
        let second = try await one.nats.store([2], to: "event.a", id: "inbox.2")
        #expect(first == NATSReceipt(sequence: 1, isDuplicate: false))
        #expect(again == NATSReceipt(sequence: 1, isDuplicate: true))
        #expect(second == NATSReceipt(sequence: 2, isDuplicate: false))
        let lost = await #expect(throws: NATSError.self) { try await one.nats.store([1], to: "other", id: nil) }
        #expect(lost?.code == .noResponders)
        await one.stop()
        await server.stop()
    }

    @Test("a stream is made once, and changed where its settings differ")
    func streams() async throws {
        let server = try await NATSServer()
        let one = try await RunningNATS(to: server)
        for age in [60, 60, 120] {
            try await one.nats.ensure(
                NATSStream(
                    name: "S", subjects: ["s.>"], storage: .memory, maxAge: .seconds(age), duplicateWindow: .seconds(30)
                ))
        }
        // What cannot be changed is an error of the server's own words.
        let error = await #expect(throws: NATSError.self) {
            try await one.nats.ensure(
                NATSStream(
                    name: "S", subjects: ["s.>"], storage: .file, maxAge: .seconds(60), duplicateWindow: .seconds(30)))
        }
        #expect(error?.message.contains("storage") == true, "\(String(describing: error))")
        await one.stop()
        await server.stop()
    }

    @Test("a durable consumer gets each message until it is acknowledged")
    func durable() async throws {
        let server = try await NATSServer()
        let one = try await RunningNATS(to: server)
        let kind = NATSConsumer.Kind.durable(name: "host-a", unacknowledged: 256, wait: .milliseconds(500))
        let consumer = NATSConsumer(on: one.nats, stream: Self.events, filter: "event.*", kind: kind)
        var iterator = consumer.makeAsyncIterator()
        #expect(await iterator.next() == .gap)
        // More than one pull.
        for number in 0..<200 { try one.nats.publish("\(number)", to: "event.a") }
        for number in 0..<200 {
            guard case .message(let message) = await iterator.next() else {
                Issue.record("no message \(number)"); return
            }
            #expect(NATSDelivery.message(message).text == "\(number)")
            one.nats.acknowledge(message)
        }
        try one.nats.publish("twice", to: "event.a")
        #expect(await iterator.next()?.text == "twice")
        #expect(await iterator.next()?.text == "twice")
        await one.stop()
        #expect(await iterator.next() == nil)
        await server.stop()
    }

    @Test("a durable consumer gets what was stored while its host was away")
    func durableAfterRestart() async throws {
        let server = try await NATSServer()
        let kind = NATSConsumer.Kind.durable(name: "host-a")
        let (one, two) = (try await RunningNATS(to: server), try await RunningNATS(to: server))
        var iterator = NATSConsumer(on: two.nats, stream: Self.events, filter: "event.*", kind: kind)
            .makeAsyncIterator()
        #expect(await iterator.next() == .gap)
        await two.stop()
        try await one.nats.ensure(Self.events)
        _ = try await one.nats.store(Array("stored".utf8), to: "event.a", id: nil)
        let three = try await RunningNATS(to: server)
        iterator = NATSConsumer(on: three.nats, stream: Self.events, filter: "event.*", kind: kind).makeAsyncIterator()
        #expect(await iterator.next() == .gap)
        #expect(await iterator.next()?.text == "stored")
        await one.stop()
        await three.stop()
        await server.stop()
    }

    @Test("an ordered consumer continues without a gap after kill -9, if the stream survives")
    func orderedContinues() async throws {
        let server = try await NATSServer()
        let one = try await RunningNATS(to: server)
        var iterator = NATSConsumer(on: one.nats, stream: Self.events, filter: "event.a", kind: .ordered)
            .makeAsyncIterator()
        #expect(await iterator.next() == .gap)
        try one.nats.publish("other", to: "event.b")
        for number in 0..<100 { try one.nats.publish("\(number)", to: "event.a") }
        #expect(await Self.texts(100, of: &iterator) == (0..<100).map { "\($0)" })
        await server.kill()
        try await server.restart()
        try await one.connected()
        for number in 100..<200 { try one.nats.publish("\(number)", to: "event.a") }
        #expect(await Self.texts(100, of: &iterator) == (100..<200).map { "\($0)" })
        await one.stop()
        await server.stop()
    }

    @Test("a slow reader of an ordered consumer loses nothing that the stream still has")
    func orderedSlow() async throws {
        let server = try await NATSServer()
        let one = try await RunningNATS(to: server)
        var iterator = NATSConsumer(on: one.nats, stream: Self.live, filter: "live.a", kind: .ordered)
            .makeAsyncIterator()
        #expect(await iterator.next() == .gap)
        // More than its buffer holds.
        for number in 0..<10_000 {
            try one.nats.publish("\(number)", to: "live.a")
            if number.isMultiple(of: 1_000) { try await one.connected() }
        }
        try await one.connected()
        #expect(await Self.texts(10_000, of: &iterator) == (0..<10_000).map { "\($0)" }, "\(one.nats.status)")
        #expect(one.nats.status.dropped > 0)
        await one.stop()
        await server.stop()
    }

    @Test("after a restart with an empty store, streams and consumers are made again", arguments: [false, true])
    func emptyStore(_ isOrdered: Bool) async throws {
        let server = try await NATSServer()
        let one = try await RunningNATS(to: server)
        let kind = isOrdered ? NATSConsumer.Kind.ordered : .durable(name: "host-a")
        let stream = isOrdered ? Self.live : Self.events
        let subject = isOrdered ? "live.a" : "event.a"
        var iterator = NATSConsumer(on: one.nats, stream: stream, filter: subject, kind: kind).makeAsyncIterator()
        #expect(await iterator.next() == .gap)
        try one.nats.publish("before", to: subject)
        #expect(await iterator.next()?.text == "before")
        await server.kill()
        try await server.restart(isEmpty: true)
        #expect(await iterator.next() == .gap)
        try one.nats.publish("after", to: subject)
        #expect(await iterator.next()?.text == "after")
        await one.stop()
        await server.stop()
    }

    @Test("a server without JetStream is named as the reason")
    func without() async throws {
        let server = try await NATSServer(hasJetStream: false)
        let one = try await RunningNATS(to: server)
        let error = await #expect(throws: NATSError.self) { try await one.nats.ensure(Self.events) }
        #expect(error?.code == .noJetStream)
        #expect(error?.message.contains("-js") == true)
        await one.stop()
        await server.stop()
    }
}
