import Chat
import Database
import Primitives
import Store
import Surroundings
import TestSupport
import Testing

@testable import People
@testable import Sessions
@testable import Threads

/// What a thread's prompts have of repositories whose data has a class, and what stays out of other threads.
@Suite("Classes of data: threads", .timeLimit(.minutes(1)))
struct DataOriginTests {
    private static let traits = RoomTraits(
        capabilities: [.reactions, .threads], textLimit: 400, textUnit: .bytes, isMultiline: false, names: ["jet"])
    private static let policy = AccessPolicy(owners: ["fake:one/alice"], members: ["fake:one/bob"])
    private static let leftOut = "[left out: the class of this data keeps it in the threads of its repository]"

    private func harness(
        _ directory: TemporaryDirectory? = nil, worker: ScriptedWorker = ScriptedWorker(),
        classes: [String: String] = ["vault": "secret", "people": "staff"]
    ) async throws -> BridgeHarness {
        var settings = BridgeSettings(
            publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50),
            repositories: ["notes", "vault", "people"])
        settings.classes = DataClasses(classes, defaultRepository: "notes")
        settings.pastPatience = .seconds(30)
        return try await BridgeHarness(
            directory: directory, traits: Self.traits, worker: worker, settings: settings, policy: Self.policy)
    }

    private func say(
        _ text: String, message: String, thread: String, repliesTo: String? = nil, enclosed: [SaidMessage] = [],
        _ harness: BridgeHarness
    ) async throws {
        _ = try await harness.adapter.say(
            text, from: "alice", in: "team", id: "e\(message)", isDirect: false, isMention: true, thread: thread,
            message: message, enclosed: enclosed, repliesTo: repliesTo)
        try await harness.settle()
    }

    /// The classes of each request.
    private func classes(_ harness: BridgeHarness) -> [[String]] {
        harness.worker.requests.map { $0.origins.map { "\($0.name) of \($0.repository)" }.sorted() }
    }

    @Test("a thread keeps the classes of what it held when its repository changes, until `new`")
    func kept() async throws {
        let harness = try await self.harness()
        let texts = ["one", "!repo vault", "two", "!repo notes", "three", "!repo people", "four", "!new", "five"]
        for (number, text) in texts.enumerated() {
            try await self.say(text, message: "m\(number)", thread: "t", harness)
        }
        expectEqual(
            self.classes(harness),
            [
                [], ["secret of vault"], ["secret of vault"], ["secret of vault", "staff of people"],
                ["staff of people"],
            ])
    }

    @Test("what continues a turn has its classes, whatever the thread and the configuration say by then")
    func resumed() async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.harness(
            directory, worker: ScriptedWorker([.event(.text("Hi"))], [.event(.text("half")), .hold]))
        try await self.say("!repo vault", message: "m1", thread: "t", first)
        try await self.say("zero", message: "m2", thread: "t", first)
        _ = try await first.adapter.say(
            "one", from: "alice", in: "team", id: "e3", isDirect: false, isMention: true, thread: "t", message: "m3")
        try await eventually("it runs") { first.worker.requests.count == 2 }
        for (number, text) in ["!new", "!stop", "!repo notes"].enumerated() {
            _ = try await first.adapter.say(
                text, from: "alice", in: "team", id: "f\(number)", isDirect: false, isMention: true, thread: "t",
                message: "f\(number)")
        }
        try await first.settle()
        await first.bridge.stop()
        // The repository has no class any more.
        let second = try await self.harness(directory, classes: ["people": "staff"])
        try await self.say("!resume", message: "m5", thread: "t", second)
        try await self.say("two", message: "m6", thread: "t", second)
        expectEqual(self.classes(first), [["secret of vault"], ["secret of vault"]])
        expectEqual(self.classes(second).first, ["secret of vault"])
    }

    @Test("a class that a repository gets later counts for what threads held before")
    func later() async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.harness(directory, classes: [:])
        try await self.say("!repo vault", message: "m1", thread: "t", first)
        try await self.say("one", message: "m2", thread: "t", first)
        try await self.say("!repo notes", message: "m3", thread: "t", first)
        await first.bridge.stop()
        let second = try await self.harness(directory)
        try await self.say("two", message: "m4", thread: "t", second)
        expectEqual(self.classes(first), [[]])
        expectEqual(self.classes(second), [["secret of vault"]])
    }

    /// A secret answer in the thread `main`; returns its message.
    private func secret(_ harness: BridgeHarness) async throws -> String {
        try await self.say("!repo vault", message: "m0", thread: "main", harness)
        try await self.say("which key?", message: "m1", thread: "main", harness)
        return try #require(harness.adapter.posts.first { $0.text.contains("KEY-7") }?.id)
    }

    private static let script = ScriptedWorker.Step.event(.text("KEY-7"))

    @Test("its answers and questions are left out of what other threads of the room read, and of later prompts there")
    func lines() async throws {
        let harness = try await self.harness(worker: ScriptedWorker([Self.script]))
        let fake = harness.adapter
        let answer = try await self.secret(harness)
        fake.setPast([
            fake.said("which key?", by: "alice", message: "m1"),
            fake.said("KEY-7", by: "jet", message: answer, isSelf: true),
            fake.said("the build is red", by: "bob", message: "m2"),
        ])
        try await self.say("summarise", message: "q1", thread: "other", harness)
        fake.setPast([])
        try await self.say("again", message: "q2", thread: "other", harness)
        let requests = harness.worker.requests.suffix(2)
        for text in [requests.first?.surroundings, requests.last?.history.first?.surroundings] {
            let text = try #require(text)
            expectEqual(text.components(of: Self.leftOut), 2)
            #expect(text.contains("the build is red") && !text.contains("KEY-7") && !text.contains("which key?"))
        }
        expectEqual(self.classes(harness).suffix(2), [[], []])
    }

    @Test("a reply to it and a thread below it bring it only into a thread of its repository")
    func branches() async throws {
        let harness = try await self.harness(worker: ScriptedWorker([Self.script]))
        let answer = try await self.secret(harness)
        try await self.say("and now?", message: "q1", thread: answer, harness)
        try await self.say("and now?", message: "q2", thread: "other", repliesTo: answer, harness)
        let shared = harness.adapter.said("KEY-7", by: "jet", as: .forwarded, message: answer, isSelf: true)
        try await self.say("and now?", message: "q3", thread: "third", enclosed: [shared], harness)
        for request in harness.worker.requests.dropFirst() {
            let all = request.surroundings + request.history.map(\.text).joined()
            #expect(!all.contains("KEY-7") && request.origins.isEmpty, "\(all)")
        }
        // Where the thread is of that repository, nothing is kept from it.
        try await self.say("!repo vault", message: "q4", thread: "fourth", harness)
        try await self.say("and now?", message: "q5", thread: "fourth", repliesTo: answer, harness)
        let last = try #require(harness.worker.requests.last)
        #expect(last.surroundings.contains("replied to] Jetbridge (you)") && !last.surroundings.contains(Self.leftOut))
    }

    @Test("without classes nothing is looked up, and nothing is left out")
    func none() async throws {
        let harness = try await self.harness(worker: ScriptedWorker([Self.script]), classes: [:])
        let answer = try await self.secret(harness)
        try await self.say("and now?", message: "q1", thread: answer, harness)
        expectEqual(harness.worker.requests.last?.history.map(\.text), ["which key?", "KEY-7"])
    }
}

extension String {
    /// How often it contains `text`.
    fileprivate func components(of text: String) -> Int { self.ranges(of: text).count }
}
