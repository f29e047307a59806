import Chat
import JetbridgeTesting
import Testing

@testable import Sessions

/// What a second bridge does with the tables that a first one left in the middle of something.
@Suite("Recovery", .timeLimit(.minutes(1)))
struct RecoveryTests {
    @Test("a turn that nobody saw anything of is begun again, once")
    func unseenTurn() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory, worker: ScriptedWorker([.hold]))
        let submission = try #require(try await first.ask("hello"))
        let second = try await BridgeHarness(directory: directory)
        let frames = try await second.frames(of: submission.operation)
        #expect(frames.last?.content == "You said: hello")
        await second.adapter.waitForPosts(1)
        #expect(second.adapter.texts == ["You said: hello"])
    }

    @Test("a turn that showed something is closed with one note, and its frames go on without a gap")
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
        #expect(Array(frames.prefix(seen.count)) == seen)
        #expect(frames.map(\.sequence) == Array(1...Int64(frames.count)))
        #expect(frames.last?.kind == .error)
        #expect(frames.last?.content.hasPrefix("Interrupted") == true)
        await second.adapter.waitForPosts(1)
        #expect(second.adapter.texts.count == 1)
        #expect(second.adapter.texts.first?.hasPrefix("Interrupted") == true)
        #expect(try await second.turn(submission.operation)?.state == .interrupted)
    }

    @Test("what stands there of an answer whose words are not stored yet ends as it stands")
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
        while try await second.bridge.store.read({ ledger in
            try ledger.outbox(ofTurn: turn.id).contains { $0.state != .sent }
        }) { await Task.yield() }
        let items = try await second.bridge.store.read { ledger in try ledger.outbox(ofTurn: turn.id) }
        #expect(items.map(\.kind) == [.final, .note])
        #expect(items.first?.reference == "7")
    }

    @Test("messages that waited are answered after the restart")
    func queued() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory, worker: ScriptedWorker([.hold]))
        _ = try await first.ask("1")
        let waiting = try #require(try await first.ask("2"))
        let second = try await BridgeHarness(directory: directory)
        let frames = try await second.frames(of: waiting.operation)
        #expect(frames.last?.content == "You said: 2")
        #expect(second.worker.requests.map(\.text) == ["1", "2"])
    }

    @Test("a stored message that was not handled is handled, by the role that its sender had")
    func inbox() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory)
        let event = first.adapter.event("hello", from: "bob", id: "e7")
        guard case .message(let message) = event.kind else { return }
        let body = StoredForm.text(of: message)
        _ = try await first.bridge.store.write { ledger in
            try ledger.insertEvent("e7", adapter: event.adapter, body: body, role: .member, at: 1)
        }
        let second = try await BridgeHarness(directory: directory)
        await second.adapter.waitForPosts(1)
        #expect(second.adapter.texts == ["You said: hello"])
    }

    @Test("a shutdown in the middle of an answer says so, and the inbox keeps what comes after")
    func shutdown() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(
            directory: directory, worker: ScriptedWorker([.event(.text("Begun.\n\n")), .hold]))
        _ = try await first.ask("hello")
        await first.adapter.waitForPosts(1)
        await first.bridge.stop()
        #expect(first.adapter.texts.count == 2)
        #expect(first.adapter.texts.last?.hasPrefix("Interrupted") == true)
        #expect(try await first.adapter.say("later") == .stored)
        let second = try await BridgeHarness(directory: directory)
        await second.adapter.waitForPosts(1)
        #expect(second.adapter.texts == ["You said: later"])
    }

    @Test("a grant for a connection ends with the host")
    func connectionGrants() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory)
        try await first.bridge.store.write { ledger in
            try ledger.grant(.member, to: "fake:one/bob", isLasting: false, at: 1)
            try ledger.grant(.member, to: "fake:one/carol", isLasting: true, at: 1)
        }
        let second = try await BridgeHarness(directory: directory)
        #expect(try await second.adapter.say("hello", from: "bob") == .ignored("stranger"))
        #expect(try await second.adapter.say("hello", from: "carol") == .stored)
    }
}
