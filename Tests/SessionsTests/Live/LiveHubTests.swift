import Chat
import Testing

@testable import Sessions

@Suite("Subscriptions to a thread", .timeLimit(.minutes(1)))
struct LiveHubTests {
    /// A thread whose first operation has stored more frames than two subscriptions hold, and still runs.
    private struct HeldThread {
        let harness: BridgeHarness
        let session: String
        let operation: String
        /// Behind the first.
        let waiting: [String]

        static let count: Int64 = 600

        init(waiting number: Int = 0) async throws {
            let steps = (1..<Self.count).map { ScriptedWorker.Step.event(.thinking("step \($0)")) }
            let harness = try await BridgeHarness(
                worker: ScriptedWorker(
                    steps + [.hold, .event(.thinking("the last step")), .hold, .event(.text("The end."))]))
            let operation = try #require(try await harness.ask("go")).operation
            // A flush follows the one before it: when the last frame is stored, the others are published.
            let store = harness.bridge.store
            while try await store.frames(of: operation, after: Self.count - 2).isEmpty { await Task.yield() }
            harness.worker.release()
            while try await store.frames(of: operation, after: Self.count - 1).isEmpty { await Task.yield() }
            var waiting: [String] = []
            for index in 0..<number {
                waiting.append(try #require(try await harness.ask("more \(index)")).operation)
            }
            self.session = try #require(try await harness.turn(operation)).session
            self.harness = harness
            self.operation = operation
            self.waiting = waiting
        }

        var hub: LiveHub { self.harness.bridge.hub }

        func finish() async throws {
            self.harness.worker.release()
            try await self.harness.settle()
        }
    }

    @Test("each subscription goes on where the one before overflowed")
    func rounds() async throws {
        let thread = try await HeldThread()
        var sequences: [Int64] = []
        var rounds = 0
        while sequences.count < HeldThread.count {
            rounds += 1
            let positions = sequences.last.map { [thread.operation: $0] } ?? [:]
            let live = try await thread.hub.subscribe(toSession: thread.session, after: positions)
            for await frame in live.frames {
                sequences.append(frame.sequence)
                if sequences.count == HeldThread.count { break }
            }
            live.cancel()
        }
        #expect(sequences == Array(1...HeldThread.count))
        #expect(rounds == 3)
        try await thread.finish()
    }

    @Test("a subscription that overflows ends, whatever else was to be replayed")
    func severalOperations() async throws {
        let thread = try await HeldThread(waiting: 4)
        let live = try await thread.hub.subscribe(toSession: thread.session)
        var received = 0
        for await _ in live.frames { received += 1 }
        #expect(received == 256)
        #expect(live.didOverflow)
        try await thread.finish()
    }

    @Test("an operation that is left out is not replayed")
    func leftOut() async throws {
        let thread = try await HeldThread(waiting: 1)
        let live = try await thread.hub.subscribe(toSession: thread.session, without: [thread.operation])
        thread.harness.worker.release()
        var frames: [LiveFrame] = []
        for await frame in live.frames {
            frames.append(frame)
            if frames.filter(\.isLast).count == 2 { break }
        }
        #expect(Set(frames.map(\.operation)) == Set([thread.operation] + thread.waiting))
        let first = try #require(frames.first(where: { $0.operation == thread.operation }))
        #expect(first.sequence >= HeldThread.count)
        live.cancel()
        try await thread.harness.settle()
    }
}
