import Audit
import Chat
import Database
import JSON
import Primitives
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Questions whose answer begins the next turn", .timeLimit(.minutes(1)))
struct ParkedQuestionTests {
    private static let week: Int64 = 7 * 86_400_000

    private static func parked(
        _ answerer: ThreadQuestion.Answerer = .requester, _ lifetime: Duration = .seconds(7 * 86_400)
    ) -> ParkedQuestion {
        ParkedQuestion(
            ThreadQuestion(
                .clarify, "Who may sign in?", options: [.init("Members", isRecommended: true), .init("Everybody")],
                answerer: answerer), lifetime: lifetime, kind: .specify, payload: "spec 001, question 1")
    }

    private static let script: [ScriptedWorker.Step] = [.event(.text("Half a spec.")), .park(Self.parked())]
    private static let next: [ScriptedWorker.Step] = [.event(.text("The rest."))]

    /// A thread whose first turn has ended with the question.
    private func stage(
        _ traits: RoomTraits = AskStage.rich, directory: TemporaryDirectory? = nil,
        _ parked: ParkedQuestion = Self.parked(),
        then more: [[ScriptedWorker.Step]] = [Self.next]
    ) async throws -> AskStage {
        let stage = try await AskStage(
            traits, directory: directory, playing: [[.event(.text("Half a spec.")), .park(parked)]] + more)
        try await stage.say("go", as: "bob")
        await stage.wait(for: "Clarify `a1`")
        try await stage.harness.settle()
        // A word like `stop` is an answer only once nothing runs.
        let place = Place.network(stage.adapter.id)
        try await eventually("nothing runs") { await stage.bridge.idle([place]) == [place] }
        return stage
    }

    private func restarted(_ first: AskStage, _ directory: TemporaryDirectory) async throws -> AskStage {
        try await AskStage(directory: directory, adapter: first.adapter, clock: first.clock, playing: [Self.next])
    }

    @Test("what is proposed to be remembered takes one of two choices, and no message in its place")
    func memory() async throws {
        let question = ThreadQuestion(
            .memory, "Shall I remember this?", options: [.init("Keep"), .init("Forget")])
        let stage = try await AskStage(playing: [
            [.park(ParkedQuestion(question, lifetime: .seconds(86_400), kind: .specify))],
            [.event(.text("An answer."))], Self.next,
        ])
        try await stage.say("go", as: "bob")
        await stage.wait(for: "Memory `a1`")
        try await stage.harness.settle()
        #expect(stage.adapter.texts.last?.contains("bob answers me with the letter.") == true, "\(stage.adapter.texts)")
        try await stage.say("and what about tabs?", as: "bob")
        await stage.adapter.waitForText("An answer.")
        try await stage.harness.settle()
        #expect(stage.harness.worker.requests.last?.answered == nil)
        try await stage.say("Keep", as: "bob")
        await stage.adapter.waitForText("The rest.")
        let answered = try #require(stage.harness.worker.requests.last?.answered)
        #expect(
            answered.question == question && answered.answer.content == .option(key: "A", label: "Keep", comment: nil))
        let kinds = try await stage.bridge.store.read { ledger in
            try ledger.connection.query("SELECT kind, question FROM asks", []).map {
                "\(try $0.text("kind")) \(try $0.text("question").contains("\"kind\":\"question\""))"
            }
        }
        expectEqual(kinds, ["question true"])
    }

    @Test("the turn ends with it; days later the answer begins the next turn, which has question, payload and answer")
    func whole() async throws {
        let stage = try await self.stage()
        #expect(stage.adapter.texts.count == 2 && stage.adapter.texts[0] == "Half a spec.")
        expectEqual(
            stage.adapter.texts[1],
            """
            Clarify `a1`: Who may sign in?

            A. Members (recommended)\u{20}\u{20}
            B. Everybody

            bob, or an owner, answers me with the letter, in their own words or with `done` for no more questions. \
            Open until 2023-11-21 22:13:20 UTC.
            """)
        #expect(try await stage.bridge.store.read { ledger in try ledger.openTurns() }.isEmpty)
        stage.advance(by: 6 * 86_400_000)
        try await stage.say("B", as: "bob")
        await stage.adapter.waitForText("The rest.")
        try await stage.harness.settle()
        let request = try #require(stage.harness.worker.requests.last)
        #expect(request.text == "Everybody" && request.sender.displayName == "bob")
        expectEqual(
            request.answered,
            AnsweredQuestion(
                ask: "a1", question: Self.parked().question, payload: "spec 001, question 1",
                answer: .init(.option(key: "B", label: "Everybody", comment: nil), by: "bob")))
        expectEqual(
            stage.adapter.texts[1],
            "Clarify `a1`: Who may sign in?\n\nAnswered by bob, 2023-11-20 22:13:20 UTC: Everybody")
        #expect(stage.adapter.texts.count == 3 && stage.harness.worker.requests.count == 2)
        expectEqual(stage.audit.withLock { $0.map { $0.details["outcome"] } }, ["Answered by bob: Everybody"])
    }

    struct Said: Sendable, CustomTestStringConvertible {
        let text: String
        let content: QuestionAnswer.Content
        let asked: String
        var testDescription: String { self.text }
    }

    @Test(
        "it is answered by letter, label, yes, no, done or in words",
        arguments: [
            Said(text: "yes", content: .option(key: "A", label: "Members", comment: nil), asked: "Members"),
            Said(text: "everybody", content: .option(key: "B", label: "Everybody", comment: nil), asked: "Everybody"),
            Said(text: "no", content: .no(reason: nil), asked: "no"),
            Said(text: "Done.", content: .done, asked: "done"),
            Said(text: "!deny a1 not yet", content: .no(reason: "not yet"), asked: "no: not yet"),
            Said(text: "!approve a1 done", content: .done, asked: "done"),
            Said(text: "only the\nteam", content: .text("only the\nteam"), asked: "only the\nteam"),
            Said(text: "/etc/passwd users", content: .text("/etc/passwd users"), asked: "/etc/passwd users"),
            Said(text: "stop", content: .text("stop"), asked: "stop"),
        ])
    func words(_ said: Said) async throws {
        let stage = try await self.stage()
        try await stage.say(said.text, as: "bob")
        await stage.adapter.waitForText("The rest.")
        let request = try #require(stage.harness.worker.requests.last)
        #expect(request.answered?.answer == QuestionAnswer(said.content, by: "bob") && request.text == said.asked)
    }

    @Test("a button answers it, once; a second press and a late word are told so")
    func button() async throws {
        let stage = try await self.stage()
        let ask = try await stage.posted("Clarify `a1`")
        try await stage.adapter.choose(.button("approve a1 B"), at: ask.id, from: "alice", in: "#team")
        await stage.adapter.waitForText("The rest.")
        for _ in 0..<2 {
            try await stage.adapter.choose(.button("approve a1 A"), at: ask.id, from: "bob", in: "#team")
        }
        try await stage.say("!approve a1 A", as: "alice")
        await stage.adapter.waitForPosts { posts in
            posts.count { $0.text == "`a1` is closed: Answered by alice, 22:13 UTC: Everybody" } == 2
        }
        try await stage.harness.settle()
        expectEqual(stage.harness.worker.requests.count, 2)
    }

    @Test("of two answers at once, one begins the next turn")
    func together() async throws {
        let stage = try await self.stage(then: [Self.next, Self.next])
        let ask = try await stage.posted("Clarify `a1`")
        async let first = stage.adapter.choose(.button("approve a1 A"), at: ask.id, from: "bob", in: "#team")
        async let second = stage.adapter.choose(.button("approve a1 B"), at: ask.id, from: "alice", in: "#team")
        async let third = stage.bridge.answer(
            AskAnswer(
                ask: "a1", sender: Sender(id: "web:olga", identities: [Identity("web:olga")], displayName: "olga"),
                role: .owner, key: "done"))
        _ = try await (first, second, third)
        await stage.adapter.waitForText("The rest.")
        try await stage.harness.settle()
        #expect(stage.harness.worker.requests.count == 2 && stage.audit.withLock { $0.count } == 1)
        expectEqual(
            stage.harness.worker.requests.last?.answered?.answer.by, try await stage.record().decider?.displayName)
    }

    @Test("over the API it is answered by key or in words, and a wrong key is refused")
    func api() async throws {
        let stage = try await self.stage()
        let owner = Sender(id: "web:olga", identities: [Identity("web:olga")], displayName: "olga")
        func answer(_ key: String, _ words: String? = nil, role: Role = .owner) async throws -> AskResult {
            try await stage.bridge.answer(
                AskAnswer(ask: "a1", sender: owner, role: role, key: key, reason: words))
        }
        for (key, words) in [("Z", nil), ("", nil), ("", "  "), ("all", nil), ("A,B", nil)] as [(String, String?)] {
            guard case .noSuchAnswer = try await answer(key, words) else {
                return #expect(Bool(false), "\(key) \(words ?? "")")
            }
        }
        guard case .notAllowed = try await answer("A", role: .member) else { return #expect(Bool(false)) }
        guard case .decided(let ask) = try await answer("", "those who pay") else { return #expect(Bool(false)) }
        expectEqual(ask.outcome, "Answered by olga: those who pay")
        await stage.adapter.waitForText("The rest.")
        expectEqual(stage.harness.worker.requests.last?.text, "those who pay")
        guard case .settled = try await answer("A") else { return #expect(Bool(false)) }
    }

    @Test("words of others, and of an owner who was not asked, are messages to the model")
    func foreign() async throws {
        let stage = try await self.stage(then: [[.event(.text("chat 1"))], [.event(.text("chat 2"))], Self.next])
        try await stage.say("I would say members", as: "mia")
        await stage.adapter.waitForText("chat 1")
        try await stage.say("What is this about?", as: "alice")
        await stage.adapter.waitForText("chat 2")
        try await stage.say("A", as: "bob", thread: "t2")
        try await stage.harness.settle()
        try await expectEqual(stage.record().state, .open)
        #expect(stage.harness.worker.requests.allSatisfy { $0.answered == nil })
    }

    @Test("while another turn runs, an answer waits for its turn in the queue")
    func queued() async throws {
        let stage = try await self.stage(then: [[.hold, .event(.text("other"))], Self.next])
        try await stage.say("something else", as: "mia")
        try await stage.say("only us", as: "bob")
        await stage.wait(for: "Answered by bob, 22:13 UTC: only us")
        try await stage.harness.settleInbox()
        try await expectEqual(stage.bridge.store.read { ledger in try ledger.openTurns().count }, 2)
        stage.harness.worker.release()
        await stage.adapter.waitForText("The rest.")
        expectEqual(stage.harness.worker.requests.map(\.text), ["go", "something else", "only us"])
    }

    @Test("a question that is asked again and again: each answer begins one turn")
    func chain() async throws {
        let stage = try await self.stage(then: [[.park(Self.parked())], [.park(Self.parked())], Self.next])
        for number in 1...3 {
            await stage.wait(for: "Clarify `a\(number)`")
            try await stage.harness.settle()
            try await stage.say(number == 3 ? "done" : "answer \(number)", as: "bob")
        }
        await stage.adapter.waitForText("The rest.")
        expectEqual(stage.harness.worker.requests.map(\.text), ["go", "answer 1", "answer 2", "done"])
        expectEqual(stage.harness.worker.requests.map { $0.answered?.ask }, [nil, "a1", "a2", "a3"])
    }

    // MARK: Restarts

    @Test("it is still open after a restart, also for long words")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.stage(directory: directory)
        let second = try await self.restarted(first, directory)
        let words = String(repeating: "everybody who is on the list, ", count: 20).trimmed
        try await second.say(words, as: "bob")
        await second.adapter.waitForText("The rest.")
        try await second.harness.settle()
        expectEqual(second.harness.worker.requests.map(\.text), [words])
        expectEqual(second.harness.worker.requests.first?.answered?.payload, "spec 001, question 1")
        expectEqual(second.count("Answered by bob, 22:13 UTC: everybody"), 1)
    }

    @Test("a restart between the answer and what it begins: it begins once")
    func between() async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.stage(directory: directory)
        // As the command line does while no host runs.
        let root = Sender(id: "host:root", identities: [Identity("host:root")], displayName: "root")
        let answer = AskAnswer(ask: "a1", sender: root, role: .owner, key: "b")
        let result = try await first.bridge.store.answer(answer, at: AskStage.start, audit: { _, _ in })
        guard case .decided = result else { return #expect(Bool(false), "\(result)") }
        let late = try await first.bridge.store.answer(answer, at: AskStage.start, audit: { _, _ in })
        guard case .settled = late else { return #expect(Bool(false), "\(late)") }
        let second = try await self.restarted(first, directory)
        await second.adapter.waitForText("The rest.")
        try await second.harness.settle()
        expectEqual(second.harness.worker.requests.map(\.text), ["Everybody"])
        expectEqual(second.harness.worker.requests.first?.answered?.answer.by, "root")
        expectEqual(second.count("Answered by root, 22:13 UTC: Everybody"), 1)
        let third = try await self.restarted(second, directory)
        try await third.harness.settle()
        #expect(third.harness.worker.requests.isEmpty)
    }

    @Test("an answer that was stored but not handled begins the turn after the restart")
    func stored() async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.stage(directory: directory)
        let event = first.adapter.event(
            "only us", from: "bob", in: "#team", id: "e7", isDirect: false, thread: "t1")
        let body = StoredForm.text(of: try #require(event.message))
        _ = try await first.bridge.store.write { ledger in
            try ledger.insertEvent("e7", adapter: event.adapter, body: body, role: .member, at: AskStage.start)
        }
        let second = try await self.restarted(first, directory)
        await second.adapter.waitForText("The rest.")
        expectEqual(second.harness.worker.requests.first?.answered?.answer, .init(.text("only us"), by: "bob"))
    }

    // MARK: Its end

    @Test("after its time an answer is a message, and its message says Expired")
    func expires() async throws {
        let stage = try await self.stage(AskStage.rich, Self.parked(.requester, .milliseconds(1)))
        await stage.wait(for: "Who may sign in?\n\nExpired")
        try await stage.harness.settle()
        try await stage.say("only us", as: "bob")
        await stage.adapter.waitForText("The rest.")
        expectEqual(stage.harness.worker.requests.last?.answered, nil)
        try await stage.say("!approve a1 A", as: "bob")
        await stage.wait(for: "`a1` is closed: Expired")
    }

    @Test("an answer after the time counts as late, also before the clock closes the question")
    func late() async throws {
        let stage = try await self.stage()
        stage.advance(by: Self.week)
        try await stage.say("!approve a1 A", as: "bob")
        await stage.wait(for: "`a1` is closed: Expired")
        try await stage.harness.settle()
        #expect(stage.harness.worker.requests.count == 1 && stage.count("\n\nExpired") == 1)
    }

    @Test("time that passes while the host is down counts")
    func down() async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.stage(directory: directory)
        first.advance(by: Self.week)
        let second = try await self.restarted(first, directory)
        await second.wait(for: "\n\nExpired")
        try await expectEqual(second.record().state, .expired)
    }

    @Test("stop and new close it", arguments: ["!stop", "!new"])
    func closed(command: String) async throws {
        let stage = try await self.stage()
        try await stage.say(command, as: "bob")
        await stage.wait(for: "Who may sign in?\n\nClosed by bob")
        try await stage.say("only us", as: "bob")
        await stage.adapter.waitForText("The rest.")
        expectEqual(stage.harness.worker.requests.last?.answered, nil)
    }

    @Test("a stored question that was changed cannot be answered")
    func altered() async throws {
        let stage = try await self.stage()
        try await stage.bridge.store.write { ledger in
            _ = try ledger.connection.execute("UPDATE asks SET payload = 'another spec'", [])
        }
        try await stage.say("A", as: "bob")
        await stage.wait(for: "`a1` does not match what was stored")
        expectEqual(stage.harness.worker.requests.count, 1)
    }

    @Test("what the room cannot show whole fails the turn, and says why")
    func tooLong() async throws {
        let long = ParkedQuestion(
            ThreadQuestion(.clarify, String(repeating: "x", count: 5_000)), lifetime: .seconds(60), kind: .specify)
        let stage = try await AskStage(playing: [[.event(.text("Half.")), .park(long)]])
        try await stage.say("go", as: "bob")
        await stage.wait(for: "too long to be shown whole")
        try await stage.harness.settle()
        #expect(stage.adapter.texts.first == "Half." && stage.count("`a1`") == 0)
    }
}
