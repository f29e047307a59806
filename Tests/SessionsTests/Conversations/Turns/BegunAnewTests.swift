import Chat
import Database
import Metrics
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("A turn of which nothing was seen begins anew with more of its question", .timeLimit(.minutes(1)))
struct BegunAnewTests {
    /// Where an answer is one message.
    private static let traits = RoomTraits(
        capabilities: [.edits], textLimit: 400, textUnit: .bytes, editInterval: .milliseconds(1))

    private func harness(_ scripts: [ScriptedWorker.Step]...) async throws -> BridgeHarness {
        try await BridgeHarness(
            traits: Self.traits,
            worker: ScriptedWorker(scripts: scripts))
    }

    /// Says something, and waits until the model is asked for the `count`-th time.
    private func say(_ text: String, _ message: String, asking count: Int, in harness: BridgeHarness) async throws {
        try await harness.adapter.say(text, message: message)
        try await harness.settleInbox()
        try await eventually("the model is asked \(count) times") { harness.worker.requests.count == count }
    }

    private func turns(in harness: BridgeHarness) async throws -> [String] {
        try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT state, attempts FROM turns ORDER BY number", [])
                .map { "\(try $0.text("state")) \(try $0.integer("attempts"))" }
        }
    }

    @Test("what the same person adds before the first words is asked with it, and nothing else is said")
    func added() async throws {
        let harness = try await self.harness([.hold], [.hold])
        try await self.say("so I have an error", "m1", asking: 1, in: harness)
        try await self.say("ENOENT", "m2", asking: 2, in: harness)
        try await self.say("any idea?", "m3", asking: 3, in: harness)
        await harness.adapter.waitForText("You said: so I have an error\n\nENOENT\n\nany idea?")
        try await harness.settle()
        expectEqual(harness.adapter.posts.count, 1)
        try await expectEqual(self.turns(in: harness), ["complete 1"])
        try await self.say("next", "m4", asking: 4, in: harness)
        expectEqual(
            harness.worker.requests.last?.history.map(\.text).first, "so I have an error\n\nENOENT\n\nany idea?")
    }

    @Test("after the first words, from somebody else, and after five times it waits in the queue")
    func waits() async throws {
        let harness = try await self.harness([.hold], [.hold], [.hold], [.hold], [.hold], [.hold])
        for number in 1...6 { try await self.say("\(number)", "m\(number)", asking: number, in: harness) }
        try await self.say("7", "m7", asking: 6, in: harness)
        try await harness.adapter.say("other", from: "gina", thread: "alice", message: "g1")
        try await harness.settleInbox()
        harness.worker.release()
        await harness.adapter.waitForText("You said: other")
        expectEqual(
            harness.worker.requests.map(\.text).suffix(3), ["1\n\n2\n\n3\n\n4\n\n5\n\n6", "7", "other"])
    }

    @Test("an edit before the first words is asked instead; one of white space changes nothing")
    func edited() async throws {
        let harness = try await self.harness([.hold])
        try await self.say("what is teh time", "m1", asking: 1, in: harness)
        try await harness.adapter.edit("m1", to: "what  is teh time", id: "x1")
        try await harness.settleInbox()
        expectEqual(harness.worker.requests.count, 1)
        try await harness.adapter.edit("m1", to: "what is the time", id: "x2")
        await harness.adapter.waitForText("You said: what is the time")
        try await harness.settle()
        expectEqual(harness.adapter.posts.count, 1)
        try await expectEqual(self.turns(in: harness), ["complete 1"])
    }

    @Test("of several messages one can be deleted before the first words")
    func deleted() async throws {
        let harness = try await self.harness([.hold], [.hold])
        try await self.say("one", "m1", asking: 1, in: harness)
        try await self.say("two", "m2", asking: 2, in: harness)
        try await harness.adapter.takeBack("m1")
        await harness.adapter.waitForText("You said: two")
        try await expectEqual(self.turns(in: harness), ["complete 1"])
    }

    @Test("a stop ends it, also while it begins anew")
    func stopped() async throws {
        let harness = try await self.harness([.ignoreStop], [.hold])
        try await self.say("one", "m1", asking: 1, in: harness)
        try await harness.adapter.say("two", message: "m2")
        try await eventually("it is to begin anew") { harness.worker.isStopped }
        try await harness.settleInbox()
        try await harness.adapter.say("!stop", message: "m3")
        harness.worker.release()
        try await harness.settle()
        expectEqual(harness.worker.requests.count, 1)
        try await expectEqual(self.turns(in: harness).first, "stopped 1")
    }

    @Test("what was used before it began anew counts")
    func usage() async throws {
        let harness = try await self.harness(
            [.event(.usage(ModelCall(.chat, asked: "small", input: 5, output: 1, began: 1_000, ended: 1_000))), .hold])
        try await self.say("one", "m1", asking: 1, in: harness)
        try await eventually("it is reported") {
            harness.bridge.environment.metrics.text().contains("direction=\"in\"")
        }
        try await self.say("two", "m2", asking: 2, in: harness)
        try await harness.settle()
        let used = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT input_tokens AS n FROM turns", []).map { try $0.integer("n") }
        }
        expectEqual(used, [5])
    }

    @Test("a restart asks what had joined, once")
    func restart() async throws {
        let first = try await self.harness([.hold], [.hold])
        try await self.say("one", "m1", asking: 1, in: first)
        try await self.say("two", "m2", asking: 2, in: first)
        let host = try await BridgeHarness(
            directory: first.directory, traits: Self.traits)
        await host.adapter.waitForText("You said: one\n\ntwo")
        expectEqual(host.worker.requests.map(\.text), ["one\n\ntwo"])
    }
}
