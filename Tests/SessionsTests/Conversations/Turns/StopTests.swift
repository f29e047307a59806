import Chat
import Database
import Store
import TestSupport
import Testing

@testable import People
@testable import Sessions
@testable import Threads

@Suite("Turns that must end", .timeLimit(.minutes(1)))
struct StopTests {
    @Test("stop ends a turn whose work ignores it, and the thread answers the next question")
    func ignored() async throws {
        var settings = BridgeSettings(publicURL: "http://127.0.0.1:8787")
        settings.stopGrace = .milliseconds(5)
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(.text("Said.\n\n")), .ignoreStop, .event(.text("Too late."))]),
            settings: settings)
        let submission = try #require(try await harness.ask("1"))
        await harness.adapter.waitForText("Said.")
        _ = try await harness.ask("!stop")
        _ = try await harness.frames(of: submission.operation)
        try await expectEqual(harness.turn(submission.operation)?.state, .stopped)
        _ = try await harness.ask("2")
        await harness.adapter.waitForText("You said: 2")
        harness.worker.release()
        try await harness.settle()
        #expect(!harness.adapter.texts.contains { $0.contains("Too late") })
    }

    @Test("an answer that cannot be stored ends its turn with a note, and the thread stays usable")
    func unstorable() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.event(.text("unstorable"))]))
        try await Self.refuse("messages", "NEW.text = 'unstorable'", in: harness)
        let submission = try #require(try await harness.ask("1"))
        await harness.adapter.waitForText(TurnTexts.notStored)
        let frames = try await harness.frames(of: submission.operation)
        #expect(frames.last?.kind == .error && frames.last?.content == TurnTexts.notStored)
        try await expectEqual(harness.turn(submission.operation)?.state, .failed)
        _ = try await harness.ask("2")
        await harness.adapter.waitForText("You said: 2")
    }

    @Test("a part of an answer that cannot be stored ends its turn")
    func unstorablePart() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(.text("Good.\n\nunstorable\n\nmore")), .hold]))
        try await Self.refuse("outbox", "NEW.text = 'unstorable'", in: harness)
        let submission = try #require(try await harness.ask("1"))
        await harness.adapter.waitForText(TurnTexts.notStored)
        _ = try await harness.frames(of: submission.operation)
        try await expectEqual(harness.turn(submission.operation)?.state, .failed)
    }

    // MARK: What was said

    private static let editing = RoomTraits(
        capabilities: [.edits], textLimit: 400, textUnit: .bytes, editInterval: .milliseconds(1))

    @Test("what a stopped answer said is posted before the reply when its previews were held back")
    func heldBack() async throws {
        let harness = try await BridgeHarness(
            traits: Self.editing, worker: ScriptedWorker([.event(.text("Said, but not shown.")), .hold]))
        // The network lets no preview through for a long time.
        harness.adapter.meet([
            .refused(AdapterError(.rateLimited, "later", retryAfter: .seconds(600), isOwnPace: true))
        ])
        _ = try await harness.ask("1")
        try await eventually("the fault is used") { harness.adapter.faultsLeft == 0 }
        _ = try await harness.ask("!stop")
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.texts, ["Said, but not shown.", "Stopped. `!resume` continues the answer."])
    }

    @Test("where nothing can be edited, the unfinished paragraph of a stopped answer is posted")
    func unfinishedParagraph() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(.text("Whole.\n\nHalf a")), .hold]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText("Whole.")
        _ = try await harness.ask("!stop")
        await harness.adapter.waitForPosts(3)
        expectEqual(harness.adapter.texts, ["Whole.", "Half a", "Stopped. `!resume` continues the answer."])
    }

    @Test("many unsent lines of a stopped answer become a link")
    func manyLines() async throws {
        let lines = (1...15).map { "Line \($0)." }.joined(separator: "\n\n") + "\n\n"
        let harness = try await BridgeHarness(
            traits: RoomTraits(
                textLimit: 400, textUnit: .bytes, isMultiline: false, answerMessages: 50, excerptMessages: 3),
            worker: ScriptedWorker([.event(.text(lines)), .hold]))
        harness.adapter.setHolding(true)
        let submission = try #require(try await harness.ask("1"))
        try await eventually("fourteen messages are in the outbox") {
            try await harness.bridge.store.read { ledger in
                try ledger.outbox(ofTurn: submission.operation).count >= 14
            }
        }
        _ = try await harness.ask("!stop")
        harness.adapter.setHolding(false)
        await harness.adapter.waitForText("Stopped. `!resume` continues the answer.")
        let texts = harness.adapter.texts
        #expect(texts.count == 3 && texts[0] == "Line 1.")
        #expect(texts[1].hasPrefix("The whole answer: http://127.0.0.1:8787/a/"))
    }

    @Test("after a crash the unfinished paragraph is posted where nothing can be edited")
    func crashed() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(
            directory: directory, worker: ScriptedWorker([.event(.text("Whole.\n\nHalf a")), .hold]))
        let submission = try #require(try await first.ask("1"))
        await first.adapter.waitForText("Whole.")
        try await first.settleOutbox()
        for await frame in try await first.bridge.hub.subscribe(toOperation: submission.operation, after: 0).frames
        where frame.kind == .execution { break }
        let second = try await BridgeHarness(directory: directory)
        await second.adapter.waitForPosts(2)
        expectEqual(second.adapter.texts.first, "Half a")
        expectEqual(second.adapter.texts.last?.hasPrefix("Interrupted"), true)
    }

    // MARK: Who may stop

    @Test("a guest stops only answers to their own messages; a member stops any")
    func guests() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(.text("Begun.\n\n")), .hold], [.hold], [.hold], [.hold]))
        func say(_ text: String, _ person: String) async throws {
            try await harness.adapter.say(text, from: person, in: "room", isDirect: false, thread: "t")
            try await harness.settleInbox()
        }
        try await say("1", "alice")
        await harness.adapter.waitForText("Begun.")
        for text in ["gina's", "gina's second"] { try await say(text, "gina") }
        try await say("alice's second", "alice")
        try await say("!stop", "gina")
        await harness.adapter.waitForPosts { $0.contains { $0.text.hasPrefix(CommandTexts.notYours) } }
        try await say("!stop all", "gina")
        await harness.adapter.waitForPosts {
            $0.contains { $0.text == "\(CommandTexts.notYours) \(CommandTexts.dropped(1))" }
        }
        let open = try await harness.bridge.store.read { ledger in try ledger.openTurns().map(\.text) }
        expectEqual(open, ["1", "alice's second"])
        try await say("!stop all", "alice")
        try await harness.settle()
    }

    @Test("while nothing can be stored, `stop` stops; others' answers stay")
    func withoutStorage() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(.text("Begun.\n\n")), .hold]), store: DatabaseSettings(busyTimeout: .zero))
        let submission = try #require(try await harness.ask("1"))
        await harness.adapter.waitForText("Begun.")
        try await harness.settleOutbox()
        try await harness.whileLocked {
            await #expect(throws: (any Error).self) {
                try await harness.adapter.say("!stop", from: "gina", in: "alice", thread: "alice")
            }
            let taken = try await harness.adapter.say("!stop")
            expectEqual(taken, .ignored("stopped"))
        }
        let last = try await harness.frames(of: submission.operation).last
        expectEqual(last?.kind, .error)
        try await harness.settle()
        try await expectEqual(harness.turn(submission.operation)?.state, .stopped)
    }

    @Test("a guest cannot start over, nor choose the model, in a conversation that somebody else began")
    func changes() async throws {
        let harness = try await BridgeHarness()
        func say(_ text: String, _ person: String, thread: String) async throws -> String {
            harness.adapter.forgetPosts()
            try await harness.adapter.say(text, from: person, in: "room", isDirect: false, thread: thread)
            try await harness.settle()
            return harness.adapter.texts.joined()
        }
        _ = try await say("hello", "alice", thread: "t")
        _ = try await say("hello", "gina", thread: "own")
        for text in ["!new", "!model large"] {
            #expect(try await say(text, "gina", thread: "t").contains("Somebody else began this conversation"))
            #expect(try await !say(text, "gina", thread: "own").contains("Somebody else"))
        }
        #expect(try await !say("!model", "gina", thread: "t").contains("Somebody else"))
        try await expectEqual(say("!new", "alice", thread: "own"), CommandTexts.newSession)
    }

    // MARK: Who may begin

    @Test("whoever lost the role while the command waited does not begin it")
    func roleTakenAway() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.event(.text("Begun.\n\n")), .hold]))
        try await harness.adapter.say("1")
        await harness.adapter.waitForText("Begun.")
        try await harness.adapter.say("!specify a shop")
        try await harness.settleInbox()
        try await harness.bridge.access.replace(policy: AccessPolicy())
        harness.worker.release()
        try await harness.settle()
        expectEqual(harness.worker.requests.map(\.text), ["1"])
        await harness.adapter.waitForPosts { $0.contains { $0.text.contains("`!specify` needs the role member") } }
    }

    // MARK: Who may resume

    @Test("a guest cannot resume what guests may not begin; a member can")
    func resumedByGuest() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(.text("Begun.\n\n")), .hold], [.event(.text("Done."))]))
        func say(_ text: String, _ person: String) async throws {
            try await harness.adapter.say(text, from: person, in: "room", isDirect: false, thread: "t")
            try await harness.settleInbox()
        }
        try await say("!specify a shop", "alice")
        await harness.adapter.waitForText("Begun.")
        try await say("!stop", "alice")
        try await harness.settle()
        try await say("!resume", "gina")
        let refusal = CommandTexts.resumeNeedsRole(.specify, .member, held: .guest)
        await harness.adapter.waitForPosts { $0.contains { $0.text == refusal } }
        expectEqual(harness.worker.requests.count, 1)
        try await say("!resume", "alice")
        try await harness.settle()
        expectEqual(harness.worker.requests.count, 2)
    }

    /// Makes the database refuse rows for good.
    private static func refuse(_ table: String, _ condition: String, in harness: BridgeHarness) async throws {
        try await harness.bridge.store.write { ledger in
            _ = try ledger.connection.execute(
                """
                CREATE TRIGGER refusing BEFORE INSERT ON \(table) WHEN \(condition)
                BEGIN SELECT RAISE(ABORT, 'refused'); END
                """, [])
        }
    }
}
