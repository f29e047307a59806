import Models
import Primitives
import TestSupport
import Testing

@Suite("Handing events from the endpoint to the consumer", .timeLimit(.minutes(1)))
struct ModelEventChannelTests {
    @Test("everything arrives in order, then the end")
    func order() async throws {
        let stream = ModelEventChannel.stream { channel in
            for number in 0..<1000 { try await channel.send(number % 2 == 0 ? .delta("\(number) ") : .reasoning(".")) }
            try await channel.send(.finished(.stop))
        }
        var text = ""
        var last: ModelEvent?
        for try await event in stream {
            if case .delta(let piece) = event { text += piece }
            last = event
        }
        expectEqual(text, (0..<1000).filter { $0 % 2 == 0 }.map { "\($0) " }.joined())
        expectEqual(last, .finished(.stop))
    }

    @Test("an error comes after the events sent before it")
    func error() async throws {
        let stream = ModelEventChannel.stream { channel in
            try await channel.send(.delta("a"))
            throw ModelError(.interrupted, "gone")
        }
        var events: [ModelEvent] = []
        await #expect(throws: ModelError.self) {
            for try await event in stream { events.append(event) }
        }
        expectEqual(events, [.delta("a")])
    }

    @Test("the arguments of a call, which came in short pieces, have no long run of marks")
    func marks() async throws {
        let arguments = "{\"a\":\"" + String(repeating: "\u{301}\u{316}", count: 1_000) + "\"}"
        let stream = ModelEventChannel.stream { channel in
            try await channel.send(.toolCall(ToolCall(id: "1", name: "a", arguments: arguments)))
        }
        var calls: [ToolCall] = []
        for try await event in stream {
            if case .toolCall(let call) = event { calls.append(call) }
        }
        expectEqual(calls.first?.arguments.unicodeScalars.contains("\u{34F}"), true)
    }

    @Test("nothing starts before the first element is requested")
    func lazy() async throws {
        let started = Protected(false)
        _ = ModelEventChannel.stream { _ in started.withLock { $0 = true } }
        // A stream that is read runs to its end first.
        for try await _ in ModelEventChannel.stream({ try await $0.send(.finished(.stop)) }) {}
        #expect(!started.withLock { $0 })
    }

    @Test("a slow consumer makes the producer wait, and waiting text is joined")
    func bounded() async throws {
        let sent = Protected(0)
        let piece = String(repeating: "x", count: 1024)
        let stream = ModelEventChannel.stream { channel in
            for _ in 0..<1000 {
                try await channel.send(.delta(piece))
                sent.withLock { $0 += 1 }
            }
        }
        var iterator = stream.makeAsyncIterator()
        var total = 0
        var events = 0
        var most = 0
        while let event = try await iterator.next() {
            if case .delta(let text) = event { total += text.utf8.count }
            events += 1
            // The producer runs until the channel is full again, or it has sent everything.
            try await eventually("the channel is full, or everything is sent") {
                let count = sent.withLock { $0 }
                most = max(most, count * 1024 - total)
                return count == 1000 || count * 1024 - total >= 63 * 1024
            }
        }
        expectEqual(total, 1000 * 1024)
        #expect(most <= 66 * 1024)
        #expect(events < 1000)
    }

    @Test("of many events that come at once, few wait at a time")
    func manyAtOnce() async throws {
        // With all of them in the queue, taking one would move the others, some 3 TB in all.
        let events = (0..<200_000).map { $0 % 2 == 0 ? ModelEvent.delta("a") : .reasoning("b") }
        let stream = ModelEventChannel.stream { try await $0.send(contentsOf: events) }
        var received = 0
        for try await event in stream {
            if event != events[received] { Issue.record("event \(received) is \(event)") }
            received += 1
        }
        expectEqual(received, events.count)
    }

    @Test("pieces that come at once are joined only as far as they may wait")
    func joinedAtOnce() async throws {
        let piece = String(repeating: "x", count: 1024)
        let events = [ModelEvent](repeating: .delta(piece), count: 1000)
        let stream = ModelEventChannel.stream { try await $0.send(contentsOf: events) }
        var total = 0
        for try await event in stream {
            guard case .delta(let text) = event else { continue }
            #expect(text.utf8.count <= 65 * 1024)
            total += text.utf8.count
        }
        expectEqual(total, 1000 * 1024)
    }

    @Test("cancelling the consumer cancels the producer")
    func cancelled() async throws {
        let (ended, end) = AsyncStream.makeStream(of: Bool.self)
        let stream = ModelEventChannel.stream { channel in
            try await channel.send(.delta("a"))
            do { try await Task.sleep(for: .seconds(3600)) } catch { end.yield(Task.isCancelled) }
        }
        let consumer = Task { for try await _ in stream {} }
        consumer.cancel()
        _ = await consumer.result
        end.yield(true)
        await expectEqual(ended.first { _ in true }, true)
    }

    @Test("dropping the stream cancels the producer")
    func dropped() async throws {
        let (ended, end) = AsyncStream.makeStream(of: Bool.self)
        func readOne() async throws {
            let stream = ModelEventChannel.stream { channel in
                // The reader may leave before `send` returns, which then throws.
                do {
                    try await channel.send(.delta("a"))
                    try await Task.sleep(for: .seconds(3600))
                } catch { end.yield(Task.isCancelled) }
            }
            for try await _ in stream { break }
        }
        try await readOne()
        await expectEqual(ended.first { _ in true }, true)
    }

    @Test("a producer that waits for room is woken when the consumer leaves")
    func droppedWhileFull() async throws {
        let (ended, end) = AsyncStream.makeStream(of: Bool.self)
        func readOne() async throws {
            let stream = ModelEventChannel.stream { channel in
                let piece = String(repeating: "x", count: 100_000)
                do { while true { try await channel.send(.delta(piece)) } } catch {
                    end.yield(error is CancellationError)
                }
            }
            for try await _ in stream { break }
        }
        try await readOne()
        await expectEqual(ended.first { _ in true }, true)
    }
}
