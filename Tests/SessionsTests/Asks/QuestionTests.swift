import Audit
import Chat
import JSON
import Primitives
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Questions for which a turn waits", .timeLimit(.minutes(1)))
struct QuestionTests {
    static let store = ThreadQuestion(
        .question, "Which store?\n\nIt has to be *small*.",
        options: [.init("SQLite", isRecommended: true), .init("A file"), .init("PostgreSQL")])

    static func stage(
        _ question: ThreadQuestion, _ traits: RoomTraits = AskStage.rich, timeout: Duration = .seconds(300)
    ) async throws -> AskStage {
        let stage = try await AskStage(
            traits, timeout: timeout, playing: [[.question(question), .event(.text("done"))], [.event(.text("chat"))]])
        try await stage.say("go", as: "bob")
        await stage.adapter.waitForPosts { posts in posts.contains { $0.text.contains("`a1`") } }
        return stage
    }

    @Test("the message has the question, the lettered options, the recommended one, and buttons")
    func message() async throws {
        let stage = try await Self.stage(Self.store)
        let ask = try await stage.posted("`a1`")
        expectEqual(
            ask.text,
            """
            Question `a1`: Which store?

            It has to be *small*.

            A. SQLite (recommended)\u{20}\u{20}
            B. A file\u{20}\u{20}
            C. PostgreSQL

            bob, or an owner, answers me with the letter or in their own words. Open until 2023-11-14 22:18:20 UTC.
            """)
        expectEqual(ask.buttons.map(\.command), ["approve a1 A", "approve a1 B", "approve a1 C", "deny a1"])
        expectEqual(ask.buttons.map(\.label), ["A. SQLite", "B. A file", "C. PostgreSQL", "No"])
        try await stage.adapter.choose(.button("approve a1 B"), at: ask.id, from: "bob", in: "#team")
        await stage.adapter.waitForText("done")
        try await stage.harness.settle()
        expectEqual(stage.harness.worker.answers, [.init(.option(key: "B", label: "A file", comment: nil), by: "bob")])
        expectEqual(
            stage.adapter.posts.first { $0.id == ask.id }?.text.hasSuffix(
                "small*.\n\nAnswered by bob, 22:13 UTC: A file"), true)
        expectEqual(stage.audit.withLock { $0.first?.details["outcome"] }, "Answered by bob: A file")
    }

    struct Said: Sendable, CustomTestStringConvertible {
        let text: String
        let answer: QuestionAnswer.Content
        var person = "bob"
        var testDescription: String { "\(self.person): \(self.text)" }
    }

    private static func option(_ key: String, _ label: String) -> QuestionAnswer.Content {
        .option(key: key, label: label, comment: nil)
    }

    @Test(
        "it is answered by letter, label, yes, no, or in words",
        arguments: [
            Said(text: "c", answer: Self.option("C", "PostgreSQL")),
            Said(text: "B.", answer: Self.option("B", "A file")),
            Said(text: "a file", answer: Self.option("B", "A file")),
            Said(text: "yes", answer: Self.option("A", "SQLite")), Said(text: "No.", answer: .no(reason: nil)),
            Said(text: "!approve", answer: Self.option("A", "SQLite")),
            Said(text: "!approve a1 C", answer: Self.option("C", "PostgreSQL")),
            Said(text: "!approve a1 neither", answer: .text("neither")),
            Said(text: "!deny a1 too early", answer: .no(reason: "too early")),
            Said(text: "done", answer: .text("done")), Said(text: "D", answer: .text("D")),
            Said(text: "/usr/bin/sqlite3", answer: .text("/usr/bin/sqlite3")),
            Said(text: "approve a2", answer: .text("approve a2")),
            Said(
                text: String(repeating: "a long answer ", count: 30),
                answer: .text(String(repeating: "a long answer ", count: 30).trimmed)),
            Said(text: "b", answer: Self.option("B", "A file"), person: "alice"),
        ])
    func words(_ said: Said) async throws {
        let stage = try await Self.stage(Self.store)
        try await stage.say(said.text, as: said.person)
        await stage.adapter.waitForText("done")
        expectEqual(stage.harness.worker.answers, [QuestionAnswer(said.answer, by: said.person)])
    }

    @Test("words of others, and of an owner who was not asked, stay messages; a command stays a command")
    func foreign() async throws {
        let stage = try await Self.stage(Self.store)
        let ask = try await stage.posted("`a1`")
        for person in ["mia", "alice"] { try await stage.say("I would take a file", as: person) }
        try await stage.say("B", as: "mia")
        try await stage.say("!status", as: "bob")
        await stage.wait(for: "- waiting: 2\n- open: `a1` (question) `Which store?…`, until")
        try await stage.say("!nonsense", as: "bob")
        await stage.wait(for: "nonsense")
        try await stage.adapter.choose(
            .button("approve a1 A"), at: ask.id, from: "mia", in: "#team")
        await stage.wait(for: "Only bob, who asked, or an owner can decide `a1`.")
        try await expectEqual(stage.record().state, .open)
        try await stage.say("A", as: "bob")
        await stage.adapter.waitForText("done")
    }

    @Test("a thumb takes the recommended option, and nothing where there is none")
    func reaction() async throws {
        let stage = try await Self.stage(Self.store)
        let ask = try await stage.posted("`a1`")
        try await stage.adapter.choose(.reaction("👍"), at: ask.id, from: "bob", in: "#team")
        await stage.adapter.waitForText("done")
        expectEqual(stage.harness.worker.answers.map(\.content), [Self.option("A", "SQLite")])
        let open = try await Self.stage(ThreadQuestion(.conflict, "Which?", options: [.init("ours"), .init("theirs")]))
        let other = try await open.posted("`a1`")
        try await expectEqual(
            open.adapter.choose(.reaction("👍"), at: other.id, from: "bob", in: "#team"), .ignored("no choice"))
        try await open.adapter.choose(.reaction("👎"), at: other.id, from: "bob", in: "#team")
        await open.adapter.waitForText("done")
        expectEqual(open.harness.worker.answers.map(\.content), [.no(reason: nil)])
    }

    @Test("a conflict takes its options only")
    func conflict() async throws {
        let stage = try await Self.stage(
            ThreadQuestion(
                .conflict, "Which?\n```\nours\n```\n```\ntheirs\n```",
                options: [.init("theirs"), .init("ours"), .init("a branch of its own")], answerer: .members))
        try await stage.say("!approve a1", as: "mia")
        await stage.wait(for: "`a1` is still open: that is no answer to it. Answer with one of A, B, C, or `no`.")
        try await stage.say("something else", as: "bob")
        try await stage.say("a branch of its own", as: "mia")
        await stage.adapter.waitForText("done")
        expectEqual(
            stage.harness.worker.answers,
            [
                .init(.option(key: "C", label: "a branch of its own", comment: nil), by: "mia")
            ])
    }

    @Test("a guest answers the question about their own message")
    func guest() async throws {
        let stage = try await AskStage(playing: [[.question(Self.store), .event(.text("done"))]])
        try await stage.say("go", as: "gina")
        await stage.wait(for: "`a1`")
        try await stage.say("as you like", as: "gina")
        await stage.adapter.waitForText("done")
        expectEqual(stage.harness.worker.answers, [.init(.text("as you like"), by: "gina")])
    }

    @Test("nobody answers in time: the turn continues")
    func expires() async throws {
        let stage = try await Self.stage(Self.store, timeout: .milliseconds(1))
        await stage.adapter.waitForText("done")
        expectEqual(stage.harness.worker.answers, [.init(.expired)])
        expectEqual(stage.count("\n\nExpired"), 1)
    }

    @Test("stop closes it")
    func stopped() async throws {
        let stage = try await Self.stage(Self.store)
        try await stage.say("!stop", as: "bob")
        await stage.wait(for: "Closed by bob")
        try await stage.harness.settle()
        #expect(stage.harness.worker.answers.isEmpty)
    }

    @Test("after a restart the turn joins its question")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let script: [ScriptedWorker.Step] = [.question(Self.store), .event(.text("done"))]
        let first = try await AskStage(directory: directory, playing: [script])
        try await first.say("go", as: "bob")
        await first.wait(for: "`a1`")
        try await first.harness.settleOutbox()
        try await first.waitForFrames(1)
        let second = try await AskStage(
            directory: directory, adapter: first.adapter, clock: first.clock, playing: [script])
        try await second.say(String(repeating: "a long sentence, ", count: 10) + "a file", as: "bob")
        await second.adapter.waitForText("done")
        #expect(second.harness.worker.answers.count == 1 && second.count("Question `") == 1)
    }

    @Test("what cannot be asked fails the turn, and says why")
    func refused() async throws {
        for (question, text) in [
            (ThreadQuestion(.question, String(repeating: "x", count: 5_000)), "too long to be shown whole"),
            (ThreadQuestion(.question, " \n"), "has no text"), (ThreadQuestion(.conflict, "Which?"), "has no text"),
            (
                ThreadQuestion(.question, "Which?", options: (0..<11).map { .init("\($0)") }),
                "too many options"
            ),
        ] {
            let stage = try await AskStage(playing: [[.question(question)]])
            try await stage.say("go", as: "bob")
            await stage.wait(for: text)
            expectEqual(stage.count("`a1`"), 0)
        }
    }
}
