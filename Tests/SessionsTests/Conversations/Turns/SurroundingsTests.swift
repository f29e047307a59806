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

/// What the model is given of what was said beside a question, by way of the bridge.
@Suite("What was said beside a question", .timeLimit(.minutes(1)))
struct SurroundingsTests {
    private static let traits = RoomTraits(
        capabilities: [.reactions, .threads], textLimit: 400, textUnit: .bytes, isMultiline: false, names: ["jet"])
    private static let policy = AccessPolicy(
        owners: ["fake:one/alice"], members: ["fake:one/bob"], guests: ["fake:one/gina"])

    private func harness(
        _ directory: TemporaryDirectory? = nil, adapter: FakeAdapter? = nil,
        worker: ScriptedWorker = ScriptedWorker(), context: ContextRules = ContextRules(),
        patience: Duration = .seconds(30)
    ) async throws -> BridgeHarness {
        var settings = BridgeSettings(publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50))
        settings.context = context
        settings.pastPatience = patience
        return try await BridgeHarness(
            directory: directory, adapter: adapter, traits: Self.traits, worker: worker, settings: settings,
            policy: Self.policy)
    }

    /// Mentions the bot in the team's thread.
    private func ask(
        _ text: String, from person: String = "alice", message: String, thread: String? = "root",
        enclosed: [SaidMessage] = [], repliesTo: String? = nil, _ harness: BridgeHarness
    ) async throws {
        let delivery = try await harness.adapter.say(
            text, from: person, in: "team", id: "e\(message)", isDirect: false, isMention: true, thread: thread,
            message: message, enclosed: enclosed, repliesTo: repliesTo)
        expectEqual(delivery, .stored)
        try await harness.settle()
    }

    /// The lines that a request has.
    private func lines(_ request: TurnRequest?) -> [String] { Self.lines(request?.surroundings ?? "") }

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("[") || $0.hasPrefix("    ") }
            .map {
                $0.hasPrefix("[") ? String($0[($0.firstIndex(of: "]") ?? $0.startIndex)...].dropFirst(2)) : String($0)
            }
    }

    @Test("a first mention has the thread, a later one what was said since; both stay in later prompts")
    func thread() async throws {
        let harness = try await self.harness()
        let fake = harness.adapter
        fake.setPast([
            fake.said("the build is red", by: "bob", as: .root, message: "root"),
            fake.said("since noon", by: "bob", message: "m1"), fake.said("ask the bot", by: "alice", message: "m2"),
        ])
        try await self.ask("what is wrong?", message: "q1", harness)
        let first = try #require(harness.worker.requests.last)
        expectEqual(
            self.lines(first),
            ["bob (member): the build is red", "bob (member): since noon", "alice (owner): ask the bot"])
        #expect(!first.hasForeignText && first.history.isEmpty)
        let query = try #require(fake.pastQueries.first)
        #expect(query.after == nil && query.before == fake.reference("q1", in: "team"))
        let people = first.occasion?.people.map(\.name)
        expectEqual(people, ["alice", "bob"])

        fake.setPast([
            fake.said("what is wrong?", by: "alice", message: "q1"),
            fake.said("You said: what is wrong?", by: "jet", message: harness.adapter.posts.last?.id, isSelf: true),
            fake.said("I reverted it", by: "bob", message: "m3"), fake.said("and now?", by: "bob", message: "q2"),
        ])
        try await self.ask("and now?", from: "bob", message: "q2", harness)
        let second = try #require(harness.worker.requests.last)
        expectEqual(self.lines(second), ["bob (member): I reverted it"])
        expectEqual(fake.pastQueries.last?.after, fake.reference("q1", in: "team"))
        expectEqual(second.history.first.map { Self.lines($0.surroundings) }, self.lines(first))
        // The cache and the store say the same.
        try await self.ask("thanks, and now?", message: "q3", harness)
        let third = try #require(harness.worker.requests.last)
        let stored = try await harness.bridge.store.read { ledger in
            let turn = try ledger.turn(id: third.id)
            return try ledger.history(of: third.session, after: 0, before: turn?.id ?? "", limit: 400)
        }
        expectEqual(third.history, stored)
        expectEqual(stored.filter { !$0.surroundings.isEmpty }.count, 2)
    }

    @Test("in a direct message the network is not asked, and with `none` only about what a question replies to")
    func off() async throws {
        let harness = try await self.harness(context: ContextRules(standard: .none))
        let fake = harness.adapter
        fake.setPast([
            fake.said("secret plan", by: "bob", message: "m1"),
            fake.said("pick B", by: "bob", as: .repliedTo, message: "m0"),
        ])
        _ = try await harness.ask("hello")
        try await harness.settle()
        try await self.ask("what is wrong?", message: "q1", harness)
        expectEqual(fake.pastQueries, [])
        try await self.ask("do you agree?", message: "q2", repliesTo: "m0", harness)
        expectEqual(self.lines(harness.worker.requests.last), ["bob (member): pick B"])
        expectEqual(fake.pastQueries.map(\.limit), [0])
    }

    @Test("words of somebody without access, of a guest or of nobody known mark the turn and those after it")
    func foreign() async throws {
        for (name, isKnown) in [("carol", true), ("gina", true), ("bob", false)] {
            let harness = try await self.harness()
            let fake = harness.adapter
            let said = fake.said("run rm -rf", by: name, message: "m1")
            fake.setPast([
                isKnown ? said : SaidMessage(.said, reference: said.reference, author: nil, name: name, text: said.text)
            ])
            try await self.ask("do it", message: "q1", harness)
            fake.setPast([])
            try await self.ask("again", message: "q2", harness)
            expectEqual(harness.worker.requests.map(\.hasForeignText), [true, true], "\(name)")
            let turn = try #require(try await harness.turn(harness.worker.requests[0].id))
            #expect(turn.hasForeignText)
        }
    }

    @Test("what comes with a question survives a restart before its turn, and a turn that begins again has the same")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.harness(directory, worker: ScriptedWorker([.hold], [.hold]))
        let fake = first.adapter
        fake.setPast([fake.said("since noon", by: "bob", message: "m1")])
        let forward = SaidMessage(.forwarded, author: nil, name: "Channel 4", sentAt: 1, text: "breaking news")
        _ = try await fake.say(
            "is it true?", in: "team", id: "e1", isDirect: false, isMention: true, thread: "root", message: "q1",
            enclosed: [forward])
        try await eventually("the model is asked") { first.worker.requests.count == 1 }
        _ = try await fake.say(
            "and this?", from: "bob", in: "team", id: "e2", isDirect: false, isMention: true, thread: "root",
            message: "q2",
            enclosed: [SaidMessage(.quoted, author: nil, name: "bob", text: "a part")], repliesTo: "m1")
        try await first.settleInbox()
        let expected = ["bob (member): since noon", "Channel 4 (unverified): breaking news"]
        expectEqual(self.lines(first.worker.requests.first), expected)
        try await eventually("its lines are stored") {
            try await first.bridge.store.read { ledger in
                try ledger.connection.query("SELECT 1 FROM turn_lines", []).count >= 4
            }
        }

        // As after a crash.
        let next = FakeAdapter(traits: Self.traits)
        next.setPast([next.said("since noon", by: "bob", as: .repliedTo, message: "m1")])
        let second = try await self.harness(directory, adapter: next)
        try await second.settle()
        expectEqual(second.worker.requests.map(\.text), ["is it true?", "and this?"])
        expectEqual(self.lines(second.worker.requests.first), expected)
        expectEqual(
            self.lines(second.worker.requests.last), ["bob (member): since noon", "bob (unverified): a part"])
        // Of the first question it knows already what was said.
        expectEqual(second.adapter.pastQueries.map(\.before?.id), ["q2"])
    }

    @Test("what comes with another message of a turn is beside it, too")
    func joined() async throws {
        let harness = try await self.harness(worker: ScriptedWorker([.hold], [.event(.text("ok"))]))
        let fake = harness.adapter
        fake.setPast([fake.said("since noon", by: "bob", message: "m1")])
        _ = try await fake.say(
            "is it true?", in: "team", id: "e1", isDirect: false, isMention: true, thread: "root", message: "q1")
        try await eventually("the model is asked") { harness.worker.requests.count == 1 }
        fake.setPast([
            fake.said("since noon", by: "bob", message: "m1"),
            fake.said("the old one", by: "bob", as: .repliedTo, message: "m0"),
        ])
        let forward = SaidMessage(.forwarded, author: nil, name: "Channel 4", sentAt: 1, text: "breaking news")
        _ = try await fake.say(
            "I mean this", in: "team", id: "e2", isDirect: false, isMention: true, thread: "root", message: "q2",
            enclosed: [forward], repliesTo: "m0")
        try await harness.settle()
        expectEqual(harness.worker.requests.map(\.text), ["is it true?", "is it true?\n\nI mean this"])
        let lines = Set(self.lines(harness.worker.requests.last))
        #expect(
            lines.isSuperset(of: ["bob (member): the old one", "Channel 4 (unverified): breaking news"]), "\(lines)")
    }

    @Test("a history that does not come in time holds up nothing, is noted once, and is read the next time")
    func late() async throws {
        let harness = try await self.harness(patience: .zero)
        let fake = harness.adapter
        fake.setHoldingPast(true)
        try await self.ask("one", message: "q1", harness)
        try await self.ask("two", message: "q2", harness)
        expectEqual(harness.worker.requests.map(\.surroundings), ["", ""])
        expectEqual(fake.texts.filter { $0.contains(SurroundingsTexts.late) }.count, 1)
        expectEqual(fake.pastQueries.map(\.after), [nil, nil])
    }

    @Test("what cannot be read is said once for each room")
    func missing() async throws {
        let harness = try await self.harness()
        harness.adapter.setPast([], missing: "the app lacks the scope channels:history")
        try await self.ask("one", message: "q1", harness)
        try await self.ask("two", message: "q2", harness)
        expectEqual(harness.adapter.texts.filter { $0.contains("channels:history") }.count, 1)
    }

    @Test("a question that failed and is asked again keeps what was said before it")
    func again() async throws {
        let harness = try await self.harness(
            worker: ScriptedWorker([.fail("the model is gone")], [.event(.text("ok"))]))
        let fake = harness.adapter
        fake.setPast([fake.said("since noon", by: "bob", message: "m1")])
        try await self.ask("one", message: "q1", harness)
        fake.setPast([])
        try await self.ask("one", message: "q2", harness)
        expectEqual(
            harness.worker.requests.last?.history.first.map { Self.lines($0.surroundings) },
            ["bob (member): since noon"])
    }

    // MARK: Changes

    @Test("a deleted message leaves later prompts at once, with the summary that covers it; an edited one is read anew")
    func changes() async throws {
        let harness = try await self.harness()
        let fake = harness.adapter
        fake.setPast([
            fake.said("the password is hunter2", by: "bob", message: "m1"),
            fake.said("since nun", by: "bob", message: "m2"),
        ])
        try await self.ask("one", message: "q1", harness)
        fake.setPast([])
        try await harness.bridge.store.write { ledger in
            try ledger.connection.execute("UPDATE sessions SET summary = 'hunter2', summary_through = 2", [])
        }
        try await expectEqual(fake.takeBack("m1", in: "team"), .stored)
        try await expectEqual(fake.edit("m2", to: "since noon", from: "bob", in: "team"), .stored)
        try await expectEqual(fake.edit("m2", to: "since midnight", from: "carol", in: "team"), .stored)
        try await expectEqual(fake.takeBack("m9", in: "team"), .ignored("not waiting"))
        try await self.ask("two", message: "q2", harness)
        let request = try #require(harness.worker.requests.last)
        expectEqual(
            request.history.first.map { Self.lines($0.surroundings) },
            ["bob (member): [deleted by its author]", "bob (member): since noon"])
        expectEqual(request.summary, nil)
        let kept = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT text FROM turn_lines ORDER BY position", []).map { try $0.text("text") }
        }
        expectEqual(kept, ["[deleted by its author]", "since noon"])
    }

    @Test("a message that is deleted while its turn runs is not in the next prompt")
    func deletedMeanwhile() async throws {
        let harness = try await self.harness(
            worker: ScriptedWorker([.hold, .event(.text("ok"))], [.event(.text("ok"))]))
        let fake = harness.adapter
        fake.setPast([fake.said("hunter2", by: "bob", message: "m1")])
        _ = try await fake.say("one", in: "team", isDirect: false, isMention: true, thread: "root", message: "q1")
        try await eventually("its line is stored") {
            try await harness.bridge.store.read { ledger in
                try ledger.lines(ofTurn: harness.worker.requests.first?.id ?? "")
            }
            .count == 1
        }
        try await expectEqual(fake.takeBack("m1", in: "team"), .stored)
        harness.worker.release()
        try await harness.settle()
        fake.setPast([])
        try await self.ask("two", message: "q2", harness)
        expectEqual(
            harness.worker.requests.last?.history.first.map { Self.lines($0.surroundings) },
            ["bob (member): [deleted by its author]"])
    }

    @Test("what was said beside a question is deleted with its turn")
    func retention() async throws {
        let harness = try await self.harness()
        harness.adapter.setPast([harness.adapter.said("since noon", by: "bob", message: "m1")])
        try await self.ask("one", message: "q1", harness)
        let turn = try #require(harness.worker.requests.last?.id)
        let left = try await harness.bridge.store.write { ledger in
            _ = try ledger.delete(turns: [turn])
            return try ledger.lines(ofTurn: turn)
        }
        expectEqual(left, [])
    }

    // MARK: The command

    @Test("`context` says what the last answer was given")
    func command() async throws {
        let harness = try await self.harness()
        let fake = harness.adapter
        func context() async throws -> String? {
            try await self.ask("!context", message: "c\(fake.posts.count)", harness)
            return fake.texts.last
        }
        try await expectEqual(context(), SurroundingsTexts.noAnswer)
        fake.setPast([
            fake.said(
                "the build is red", by: "bob", as: .root, message: "root", at: 1_795_788_120_000,
                attachments: [Attachment(id: "1", name: "log.txt")]),
            fake.said("since noon", by: "carol", message: "m1", at: 1_795_788_180_000),
        ])
        try await self.ask("one", message: "q1", harness)
        let said = try #require(try await context())
        #expect(
            said.contains(
                "2 lines from 2026-11-27 14:02 to 2026-11-27 14:03 UTC by bob (member), carol (no access), 1 file, about"
            ),
            "\(said)")
        fake.setPast([])
        try await self.ask("two", message: "q2", harness)
        try await expectEqual(context(), SurroundingsTexts.nothing)
    }

    // MARK: Branches

    @Test("a thread below an answer continues the conversation up to it, also after a restart, until `new`")
    func branch() async throws {
        let directory = try TemporaryDirectory()
        let harness = try await self.harness(
            directory,
            worker: ScriptedWorker(
                [.event(.text("Plan A, Plan B"))], [.event(.text("later"))], [.event(.text("B is …"))]))
        let fake = harness.adapter
        try await self.ask("give me plans", message: "q1", thread: "main", harness)
        let answer = try #require(fake.posts.first { $0.text.contains("Plan A") }?.id)
        try await self.ask("something else", message: "q2", thread: "main", harness)
        try await self.ask("elaborate on B", from: "bob", message: "q3", thread: answer, harness)
        let request = try #require(harness.worker.requests.last)
        expectEqual(request.history.map(\.text), ["give me plans", "Plan A, Plan B"])
        expectEqual(request.occasion?.people.map(\.name), ["bob", "alice"])
        await harness.bridge.stop()

        let second = try await self.harness(directory)
        try await self.ask("and C?", message: "q4", thread: answer, second)
        expectEqual(
            second.worker.requests.last?.history.map(\.text),
            ["give me plans", "Plan A, Plan B", "elaborate on B", "B is …"])
        try await self.ask("!new", message: "q5", thread: answer, second)
        try await self.ask("hello", message: "q6", thread: answer, second)
        expectEqual(second.worker.requests.last?.history.map(\.text), [])
    }

    @Test("a guest's words above the answer mark a turn below it; what is deleted above is gone below")
    func foreignBranch() async throws {
        let harness = try await self.harness()
        let fake = harness.adapter
        try await self.ask("do it", from: "gina", message: "q1", thread: "main", harness)
        let answer = try #require(fake.posts.first?.id)
        try await self.ask("and now?", message: "q2", thread: answer, harness)
        expectEqual(harness.worker.requests.map(\.hasForeignText), [true, true])
        try await expectEqual(fake.takeBack("q1", in: "team"), .stored)
        try await harness.settleInbox()
        try await self.ask("again", message: "q3", thread: answer, harness)
        expectEqual(harness.worker.requests.last?.history.first?.text, "[deleted by its author]")
    }

    @Test("a bare mention asks about what it replies to")
    func bareMention() async throws {
        let harness = try await self.harness()
        let fake = harness.adapter
        fake.setPast([fake.said("ENOENT: no such file", by: "bob", as: .repliedTo, message: "m1")])
        try await self.ask("", message: "q1", repliesTo: "m1", harness)
        let request = try #require(harness.worker.requests.last)
        expectEqual(request.text, "(asks about the message that it replies to)")
        expectEqual(self.lines(request), ["bob (member): ENOENT: no such file"])
    }
}
