import Chat
import Database
import Models
import Primitives
import Store
import TestSupport
import Testing

@testable import People
@testable import Sessions
@testable import Threads

/// What a second bridge does with tables that a first one left in mid-work.
@Suite("Recovery", .timeLimit(.minutes(1)))
struct RecoveryTests {
    @Test("a turn that showed nothing is restarted, once")
    func unseenTurn() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory, worker: ScriptedWorker([.hold]))
        let submission = try #require(try await first.ask("hello"))
        let second = try await BridgeHarness(directory: directory)
        let frames = try await second.frames(of: submission.operation)
        expectEqual(frames.last?.content, "You said: hello")
        await second.adapter.waitForPosts(1)
        expectEqual(second.adapter.texts, ["You said: hello"])
    }

    @Test("a turn that showed something is closed with one note, and its frames continue without a gap")
    func seenTurn() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(
            directory: directory, worker: ScriptedWorker([.event(.text("Begun.\n\nHal")), .hold]))
        let submission = try #require(try await first.ask("hello"))
        await first.adapter.waitForPosts(1)
        var seen: [LiveFrame] = []
        for await frame in try await first.bridge.hub.subscribe(toOperation: submission.operation, after: 0).frames {
            seen.append(frame)
            if frame.kind == .execution { break }
        }
        try await first.settleOutbox()
        let second = try await BridgeHarness(directory: directory)
        let frames = try await second.frames(of: submission.operation)
        expectEqual(Array(frames.prefix(seen.count)), seen)
        expectEqual(frames.map(\.sequence), Array(1...Int64(frames.count)))
        expectEqual(frames.last?.kind, .error)
        expectEqual(frames.last?.content.hasPrefix("Interrupted"), true)
        await second.adapter.waitForPosts(2)
        expectEqual(second.adapter.texts.count, 2)
        expectEqual(second.adapter.texts.first, "Hal")
        expectEqual(second.adapter.texts.last?.hasPrefix("Interrupted"), true)
        try await expectEqual(second.turn(submission.operation)?.state, .interrupted)
    }

    @Test("a preview whose text is not in the frames yet is finished with the text it shows")
    func unstoredWords() async throws {
        let directory = try TemporaryDirectory()
        let traits = RoomTraits(capabilities: [.edits], textLimit: 400, textUnit: .bytes)
        let first = try await BridgeHarness(directory: directory, traits: traits, worker: ScriptedWorker([.hold]))
        let submission = try #require(try await first.ask("hello"))
        let turn = try #require(try await first.turn(submission.operation))
        try await first.bridge.store.write { ledger in
            let item = try ledger.insertOutbox(
                session: turn.session, turn: turn.id, kind: .preview, route: turn.route, text: "Begun", at: 1)
            try ledger.setOutbox(item.id, .live, reference: "7", at: 1)
        }
        let second = try await BridgeHarness(directory: directory, traits: traits)
        try await eventually("the turn's messages are sent") {
            try await second.bridge.store.read { ledger in
                try ledger.outbox(ofTurn: turn.id).allSatisfy { $0.state == .sent }
            }
        }
        let items = try await second.bridge.store.read { ledger in try ledger.outbox(ofTurn: turn.id) }
        expectEqual(items.map(\.kind), [.final, .note])
        expectEqual(items.first?.reference, "7")
    }

    @Test("an interrupted answer that cannot be stored ends its turn with a note, and the others are answered")
    func unstorable() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(
            directory: directory, worker: ScriptedWorker([.event(.text("Begun.\n\nHal")), .hold]))
        let submission = try #require(try await first.ask("1"))
        let waiting = try #require(try await first.ask("2"))
        await first.adapter.waitForPosts(1)
        try await eventually("what was said is stored") {
            try await first.bridge.store.read { ledger in
                try ledger.frames(of: submission.operation, after: 0).contains { $0.kind == .execution }
            }
        }
        try await first.settleOutbox()
        try await first.bridge.store.write { ledger in
            let isSQLite = ledger.connection.dialect == .sqlite
            try ledger.connection.execute(
                isSQLite
                    ? """
                    CREATE TRIGGER refusing BEFORE INSERT ON messages WHEN NEW.text LIKE 'Begun%'
                    BEGIN SELECT RAISE(ABORT, 'refused'); END
                    """ : "ALTER TABLE messages ADD CONSTRAINT refusing CHECK (text NOT LIKE 'Begun%')")
        }
        let second = try await BridgeHarness(directory: directory)
        try await expectEqual(second.turn(submission.operation)?.state, .failed)
        try await expectEqual(second.frames(of: submission.operation).last?.content, TurnTexts.notStored)
        try await expectEqual(second.frames(of: waiting.operation).last?.content, "You said: 2")
    }

    @Test("messages that waited are answered after the restart")
    func queued() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory, worker: ScriptedWorker([.hold]))
        _ = try await first.bridge.submit(first.adapter.event("1", from: "gina", thread: "alice"))
        let waiting = try #require(try await first.ask("2"))
        let second = try await BridgeHarness(directory: directory)
        let frames = try await second.frames(of: waiting.operation)
        expectEqual(frames.last?.content, "You said: 2")
        expectEqual(second.worker.requests.map(\.text), ["1", "2"])
    }

    @Test("the turns of many threads begin again with one transaction for a hundred, and their texts are read then")
    func manyThreads() async throws {
        let directory = try TemporaryDirectory()
        let scripts = Array(repeating: [ScriptedWorker.Step.hold], count: 120)
        let first = try await BridgeHarness(directory: directory, worker: ScriptedWorker(scripts: scripts))
        for number in 0..<120 {
            _ = try await first.bridge.submit(first.adapter.event("\(number)", from: "alice", in: "thread\(number)"))
        }
        let behind = try await first.bridge.submit(
            first.adapter.event("behind", from: "gina", in: "thread0", thread: "alice"))
        let waiting = try #require(behind)
        let time = Protected<Int64>(1_000)
        let now: @Sendable () -> Int64 = {
            time.withLock { time in
                time += 1
                return time
            }
        }
        let second = try await BridgeHarness(
            directory: directory, worker: ScriptedWorker(scripts: scripts), now: now)
        let open = try await second.bridge.store.read { ledger in try ledger.openTurns(in: .all) }
        expectEqual(open.count, 121)
        expectEqual(open.map(\.text), Array(repeating: "", count: 121))
        expectEqual(open.filter { $0.state == .queued }.map(\.id), [waiting.operation])
        // Each transaction has its own time.
        expectEqual(Set(open.compactMap(\.startedAt)).count, 2)
        try await eventually("all have begun") { second.worker.requests.count == 120 }
        expectEqual(Set(second.worker.requests.map(\.text)), Set((0..<120).map { "\($0)" }))
    }

    @Test("a stored message that was not handled is handled with the role that its sender had")
    func inbox() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory)
        let event = first.adapter.event("hello", from: "bob", id: "e7")
        let message = try #require(event.message)
        let body = StoredForm.text(of: message)
        _ = try await first.bridge.store.write { ledger in
            try ledger.insertEvent("e7", adapter: event.adapter, body: body, role: .member, at: 1)
        }
        let second = try await BridgeHarness(directory: directory)
        await second.adapter.waitForPosts(1)
        expectEqual(second.adapter.texts, ["You said: hello"])
    }

    @Test(
        "a start does not wait for a command whose server is silent, and what comes in the meantime is behind it",
        arguments: [false, true])
    func silent(isSuspect: Bool) async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory)
        let texts = ["!models"] + (1...300).map { "!help word\($0)" }
        try await first.bridge.store.write { ledger in
            for text in texts {
                let event = first.adapter.event(text, id: text)
                guard let message = event.message else { continue }
                _ = try ledger.insertEvent(
                    text, adapter: event.adapter, body: StoredForm.text(of: message), role: .owner, at: 1)
            }
        }
        let numbers = try await first.bridge.store.read { ledger in
            try ledger.newEvents(after: 0, limit: 9).map { "\($0.number)" }
        }
        let underWay = UnderWay(store: first.bridge.store)
        if isSuspect { _ = try await underWay.begin(.event, numbers) }
        let gate = Gate(isOpen: false)
        let models = ModelDirectory(defaultModel: "small", provider: "test") {
            await gate.pass()
            return []
        }
        let second = try await BridgeHarness(
            directory: directory,
            settings: BridgeSettings(
                publicURL: "http://127.0.0.1:8787", inboxPatience: .zero, drainTimeout: .milliseconds(50)),
            models: models)
        try await gate.reached()
        try await expectEqual(second.adapter.say("!help last"), .stored)
        gate.setOpen(true)
        try await second.settle()
        let asked = try await second.bridge.store.read { ledger in
            try ledger.connection.query("SELECT text FROM messages WHERE role = 'command' ORDER BY id", [])
                .map { try $0.text("text") }
        }
        expectEqual(asked, texts + ["!help last"])
        // Nothing stays counted.
        try await eventually("all are handled") {
            try await underWay.interrupted(.event, numbers).isEmpty
        }
    }

    @Test("messages that wait when the host stops in good order are not counted against them")
    func goodOrder() async throws {
        let harness = try await BridgeHarness()
        let underWay = UnderWay(store: harness.bridge.store)
        let counting = InboxTrials(store: harness.bridge.store)
        try await counting.begin(["1", "2"])
        await counting.end(["2"])
        try await expectEqual(underWay.interrupted(.event, ["1", "2"]), ["1"])
        await counting.close()
        try await expectEqual(underWay.interrupted(.event, ["1", "2"]), [])
        try await counting.begin(["3"])
        try await expectEqual(counting.run("4") { 4 }, 4)
        try await expectEqual(underWay.interrupted(.event, ["3", "4"]), [])
    }

    @Test("a shutdown in mid-answer is noted, and the inbox keeps later messages")
    func shutdown() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(
            directory: directory, worker: ScriptedWorker([.event(.text("Begun.\n\n")), .hold]))
        _ = try await first.ask("hello")
        await first.adapter.waitForPosts(1)
        await first.bridge.stop()
        expectEqual(first.adapter.texts.count, 2)
        expectEqual(first.adapter.texts.last?.hasPrefix("Interrupted"), true)
        try await expectEqual(first.adapter.say("later"), .stored)
        let second = try await BridgeHarness(directory: directory)
        await second.adapter.waitForPosts(1)
        expectEqual(second.adapter.texts, ["You said: later"])
    }

    @Test("a turn that is handed over to the next program continues there, without a note")
    func handedOver() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(
            directory: directory, worker: ScriptedWorker([.event(.text("Begun.\n\n")), .hold]))
        let submission = try #require(try await first.ask("hello"))
        await first.adapter.waitForPosts(1)
        first.bridge.handOver()
        await first.bridge.stop()
        expectEqual(first.adapter.texts, ["Begun."])
        try await expectEqual(first.turn(submission.operation)?.state, .interrupted)
        let second = try await BridgeHarness(directory: directory)
        await second.adapter.waitForPosts(1)
        try await second.settle()
        expectEqual(second.adapter.texts, ["You said: hello"])
    }

    @Test("a turn that is handed over before it has shown anything begins again")
    func handedOverUnseen() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory, worker: ScriptedWorker([.hold]))
        let submission = try #require(try await first.ask("hello"))
        first.bridge.handOver()
        await first.bridge.stop()
        #expect(first.adapter.texts.isEmpty)
        let second = try await BridgeHarness(directory: directory)
        try await expectEqual(second.frames(of: submission.operation).last?.content, "You said: hello")
        try await second.settle()
        expectEqual(second.adapter.texts, ["You said: hello"])
    }

    @Test("a caller that waits for its operation gets one while the host stops; the next start answers it, once")
    func submittedWhileStopping() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory)
        await first.bridge.stop()
        let submission = try #require(try await first.ask("later"))
        try await expectEqual(first.turn(submission.operation)?.state, .queued)
        #expect(first.worker.requests.isEmpty)
        let second = try await BridgeHarness(directory: directory)
        try await expectEqual(second.frames(of: submission.operation).last?.kind, .complete)
        try await second.settle()
        expectEqual(second.adapter.texts, ["You said: later"])
        expectEqual(second.worker.requests.count, 1)
    }

    @Test("a grant for a connection ends when the host does")
    func connectionGrants() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory)
        try await first.bridge.store.write { ledger in
            try ledger.grant(.member, to: "fake:one/bob", isLasting: false, at: 1)
            try ledger.grant(.member, to: "fake:one/carol", isLasting: true, at: 1)
        }
        let second = try await BridgeHarness(directory: directory)
        try await expectEqual(second.adapter.say("hello", from: "bob"), .ignored("stranger"))
        try await expectEqual(second.adapter.say("hello", from: "carol"), .stored)
    }
}
