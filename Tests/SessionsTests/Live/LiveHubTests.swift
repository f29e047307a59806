import Chat
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

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
            try await eventually("the frames before the last are stored") {
                try await !store.frames(of: operation, after: Self.count - 2).isEmpty
            }
            harness.worker.release()
            try await eventually("the last frame is stored") {
                try await !store.frames(of: operation, after: Self.count - 1).isEmpty
            }
            var waiting: [String] = []
            for index in 0..<number {
                // Each is a turn of its own, as nothing joins a question of another kind.
                let question = index == 0 ? "more" : "!specify more \(index)"
                let event = harness.adapter.event(
                    question, from: index == 0 ? "gina" : "alice", thread: "alice")
                waiting.append(try #require(try await harness.bridge.submit(event)).operation)
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
        expectEqual(sequences, Array(1...HeldThread.count))
        expectEqual(rounds, 3)
        try await thread.finish()
    }

    @Test("a subscription that overflows ends, whatever else was to be replayed")
    func severalOperations() async throws {
        let thread = try await HeldThread(waiting: 4)
        let live = try await thread.hub.subscribe(toSession: thread.session)
        var received = 0
        for await _ in live.frames { received += 1 }
        expectEqual(received, 256)
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
        expectEqual(Set(frames.map(\.operation)), Set([thread.operation] + thread.waiting))
        let first = try #require(frames.first(where: { $0.operation == thread.operation }))
        #expect(first.sequence >= HeldThread.count)
        live.cancel()
        try await thread.harness.settle()
    }

    @Test("20,000 subscriptions to as many threads end at once, and nothing of them is left")
    func manyEnd() async throws {
        let harness = try await BridgeHarness()
        let hub = harness.bridge.hub
        var all: [LiveSubscription] = []
        for number in 0..<20_000 { all.append(try await hub.subscribe(toSession: "t_\(number)")) }
        await expectEqual(hub.watcherSize, 40_000)
        for subscription in all { subscription.cancel() }
        try await eventually("the hub has forgotten them") { await hub.watcherSize == 0 }
        try await harness.settle()
    }

    @Test("what a room has been sent is stored as the answer, with the message that has it")
    func storedTogether() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([
                .event(.text("One.\n\nTwo")), .hold, .event(.text(".\n\nThree")), .hold, .event(.text(".")),
            ]))
        let operation = try #require(try await harness.ask("go")).operation
        for (text, stored) in [("One.", "One.\n\nTwo"), ("Two.", "One.\n\nTwo.\n\nThree")] {
            await harness.adapter.waitForText(text)
            let frames = try await harness.bridge.store.frames(of: operation, after: 0)
            expectEqual(frames.map(\.content).joined(), stored)
            harness.worker.release()
        }
        try await harness.settle()
        let frames = try await harness.bridge.store.frames(of: operation, after: 0)
        expectEqual(frames.map(\.sequence), Array(1...Int64(frames.count)))
    }

    @Test("what was taken and could not be stored keeps its numbers")
    func putBack() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(.text("One")), .hold, .event(.text("."))]))
        let operation = try #require(try await harness.ask("go")).operation
        let (hub, store) = (harness.bridge.hub, harness.bridge.store)
        func stored() async throws -> [String] {
            try await store.frames(of: operation, after: 0).map(\.content)
        }
        try await eventually("the first frame is stored") { try await stored() == ["One"] }
        await hub.append(.execution, " two", to: operation)
        let taken = await hub.take(operation)
        #expect(taken.map(\.content) == [" two"] && taken.map(\.sequence) == [2])
        await hub.append(.execution, " three", to: operation)
        try await eventually("the third frame is stored") { try await stored() == ["One", " three"] }
        await hub.putBack(taken)
        try await eventually("all frames are stored") { try await stored() == ["One", " two", " three"] }
        harness.worker.release()
        let frames = try await harness.frames(of: operation)
        expectEqual(frames.map(\.sequence), Array(1...Int64(frames.count)))
        try await harness.settle()
    }

    @Test("of output that alternates between the streams nothing is lost, and a byte is no frame")
    func alternatingOutput() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.hold, .event(.text("."))]))
        let operation = try #require(try await harness.ask("go")).operation
        for _ in 0..<5_000 {
            await harness.bridge.hub.append(.execution, "o", to: operation)
            await harness.bridge.hub.append(.errorOutput, "e", to: operation)
        }
        harness.worker.release()
        let frames = try await harness.frames(of: operation)
        #expect(frames.count < 1_000)
        for (kind, letter) in [(LiveFrame.Kind.execution, "o"), (.errorOutput, "e")] {
            let text = frames.filter { $0.kind == kind }.map(\.content).joined()
            expectEqual(text.filter { "\($0)" == letter }.utf8.count, 5_000)
        }
        try await harness.settle()
    }
}
