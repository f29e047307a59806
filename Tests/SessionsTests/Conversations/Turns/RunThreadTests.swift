import Chat
import Database
import Logging
import Primitives
import Store
import TestSupport
import Testing
import Work

@testable import Sessions
@testable import Threads

/// Commands in a thread, with a worker that plays their output.
@Suite("Commands in a thread", .timeLimit(.minutes(1)))
struct RunThreadTests {
    private static let editing = RoomTraits(
        capabilities: [.edits, .files], textLimit: 600, textUnit: .bytes, editInterval: .milliseconds(5),
        uploadLimit: 1 << 20)
    private static let lines = RoomTraits(
        textLimit: 400, textUnit: .bytes, isMultiline: false, answerMessages: 60, excerptMessages: 5, excerptLines: 6)

    private static func output(_ text: String, _ stream: CommandOutput.Stream = .standardOutput) -> ScriptedWorker.Step
    {
        .event(.output(CommandOutput(stream: stream, text: text)))
    }

    private static let exit = ScriptedWorker.Step.event(.text("exit 0 · 1.2 s"))

    @Test("output is one message in code blocks that ends with the exit line; frames have it raw")
    func message() async throws {
        let worker = ScriptedWorker([
            Self.output("\u{1B}[32mgreen\u{1B}[0m\n10%\r"), Self.output("100%\n"), Self.output("bad\n", .standardError),
            Self.exit,
        ])
        let harness = try await BridgeHarness(traits: Self.editing, worker: worker)
        let operation = try #require(try await harness.ask("!run make")).operation
        let frames = try await harness.frames(of: operation)
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["```\ngreen\n100%\n```\n\nstderr:\n\n```\nbad\n```\n\nexit 0 · 1.2 s"])
        let raw = frames.filter { $0.kind == .execution }.map(\.content).joined()
        expectEqual(raw, "\u{1B}[32mgreen\u{1B}[0m\n10%\r100%\n")
        expectEqual(frames.filter { $0.kind == .errorOutput }.map(\.content), ["bad\n"])
        #expect(frames.last?.kind == .complete && frames.last?.content.hasSuffix("exit 0 · 1.2 s") == true)
        try await expectEqual(harness.turn(operation)?.kind, .run)
    }

    @Test("a long output is cut in the middle, and the whole of it is a file")
    func long() async throws {
        let text = (1...500).map { "line \($0)\n" }.joined()
        let harness = try await BridgeHarness(
            traits: Self.editing, worker: ScriptedWorker([Self.output(text), Self.exit]))
        _ = try await harness.frames(of: try #require(try await harness.ask("!run make")).operation)
        try await harness.settle()
        let posts = harness.adapter.posts
        expectEqual(posts.count, 2)
        let shown = try #require(posts.first).text
        #expect(shown.hasPrefix("```\nline 1\n") && shown.hasSuffix("line 500\n```\n\nexit 0 · 1.2 s"))
        #expect(shown.contains("lines are left out"))
        #expect(shown.utf8.count <= 600)
        let file = try #require(posts.last?.file)
        expectEqual(file.name, "output.txt")
        expectEqual(String(decoding: file.bytes, as: UTF8.self), text + "exit 0 · 1.2 s\n")
    }

    @Test("where nothing can be edited, the first lines come at once, then the last ones and a link")
    func plainLines() async throws {
        let worker = ScriptedWorker([
            Self.output("line 1\nline 2\n"), .hold, Self.output((3...50).map { "line \($0)\n" }.joined()), Self.exit,
        ])
        let harness = try await BridgeHarness(traits: Self.lines, worker: worker)
        let operation = try #require(try await harness.ask("!run make")).operation
        await harness.adapter.waitForText("line 2")
        worker.release()
        _ = try await harness.frames(of: operation)
        try await harness.settle()
        let texts = harness.adapter.texts
        expectEqual(texts.prefix(7).suffix(1).first?.contains("lines are left out"), true, "\(texts)")
        expectEqual(texts.prefix(6), ["line 1", "line 2", "line 3", "line 4", "line 5", "line 6"])
        expectEqual(texts.dropFirst(7).prefix(3), ["line 48", "line 49", "line 50"])
        expectEqual(texts.dropLast().last?.hasPrefix("The whole output: http://127.0.0.1:8787/a/"), true)
        expectEqual(texts.last, "exit 0 · 1.2 s")
    }

    @Test("a short output has every line and no link")
    func shortLines() async throws {
        let harness = try await BridgeHarness(
            traits: Self.lines, worker: ScriptedWorker([Self.output("one\ntwo"), Self.exit]))
        _ = try await harness.frames(of: try #require(try await harness.ask("!run make")).operation)
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["one", "two", "exit 0 · 1.2 s"])
    }

    @Test("where nothing can be edited, a stream is marked where it begins and not on each line")
    func marks() async throws {
        let worker = ScriptedWorker([
            Self.output("one\n", .standardError), .hold, Self.output("two\n", .standardError), .hold,
            Self.output("three\n"), Self.exit,
        ])
        let harness = try await BridgeHarness(traits: Self.lines, worker: worker)
        let operation = try #require(try await harness.ask("!run make")).operation
        await harness.adapter.waitForText("one")
        worker.release()
        await harness.adapter.waitForText("two")
        worker.release()
        _ = try await harness.frames(of: operation)
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["stderr:", "one", "two", "stdout:", "three", "exit 0 · 1.2 s"])
    }

    @Test("`stop` after a command drops its unsent lines, but not the exit line")
    func unsent() async throws {
        let harness = try await BridgeHarness(
            traits: Self.lines, worker: ScriptedWorker([Self.output("1\n2\n3\n"), Self.exit]))
        harness.adapter.setHolding(true)
        let operation = try #require(try await harness.ask("!run make", id: "run")).operation
        _ = try await harness.frames(of: operation)
        _ = try await harness.ask("!stop", id: "stop")
        harness.adapter.setHolding(false)
        await harness.adapter.waitForText("Stopped: the rest of the output will not be posted.")
        expectEqual(harness.adapter.texts.dropFirst().first, "exit 0 · 1.2 s", "\(harness.adapter.texts)")
        expectEqual(harness.adapter.texts.count, 3)
    }

    @Test("`stop` without a running command ends what earlier ones left running; a guest's does not")
    func leftovers() async throws {
        let desk = FakeDesk()
        let harness = try await BridgeHarness(
            traits: Self.lines, worker: ScriptedWorker([Self.exit]), desk: desk)
        _ = try await harness.frames(of: try #require(try await harness.ask("!run make", id: "run")).operation)
        try await harness.settle()
        desk.leave()
        _ = try await harness.ask("!stop", from: "gina", id: "guest")
        await harness.adapter.waitForText("Nothing is running.")
        _ = try await harness.ask("!stop", id: "stop")
        await harness.adapter.waitForText(CommandTexts.stoppedLeftovers)
        _ = try await harness.ask("!stop", id: "again")
        await harness.adapter.waitForPosts(4)
        expectEqual(harness.adapter.texts.last, "Nothing is running.")
    }

    @Test("a command whose output says that it was stopped needs no reply that says it again")
    func stopIsSaidOnce() async throws {
        let worker = ScriptedWorker([
            Self.output("begun\n"), .ignoreStop, .event(.text("Stopped. Fresh shell.\n\nexit 130 · 1.2 s")),
        ])
        let harness = try await BridgeHarness(traits: Self.lines, worker: worker)
        _ = try await harness.ask("!run sleep")
        await harness.adapter.waitForText("begun")
        async let stopped = harness.ask("!stop", id: "stop")
        try await eventually("`!stop` has cancelled the command") { worker.isStopped }
        worker.release()
        _ = try await stopped
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["begun", "Stopped. Fresh shell.", "exit 130 · 1.2 s"])
    }

    @Test("a stopped command reports its end, and cannot be resumed")
    func stop() async throws {
        let worker = ScriptedWorker([Self.output("begun\n"), .ignoreStop, .event(.text("exit 130 · 1.2 s"))])
        let harness = try await BridgeHarness(traits: Self.lines, worker: worker)
        let operation = try #require(try await harness.ask("!run sleep")).operation
        await harness.adapter.waitForText("begun")
        async let stopped = harness.ask("!stop", id: "stop")
        try await eventually("`!stop` has cancelled the command") { worker.isStopped }
        worker.release()
        _ = try await stopped
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["begun", "exit 130 · 1.2 s", "Stopped."])
        let turn = try #require(try await harness.turn(operation))
        expectEqual(turn.state, .stopped)
        // The transcript, which the web chat shows, has no other note about it.
        let messages = try await harness.bridge.store.read { ledger in
            try ledger.messages(of: turn.session, after: nil, limit: 20).items
        }
        expectEqual(messages.filter { $0.role == .note }.map(\.text), ["Stopped."])
        _ = try await harness.ask("!resume", id: "resume")
        await harness.adapter.waitForText("There is no interrupted answer to resume.")
    }

    @Test("a guest may not run commands")
    func guest() async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.ask("!run ls", from: "gina")
        await harness.adapter.waitForPosts(1)
        expectEqual(harness.adapter.texts.first?.hasPrefix("`!run` needs the role member"), true)
    }

    @Test("a command that was running when the host died is reported and not run again")
    func crash() async throws {
        let directory = try TemporaryDirectory()
        let adapter = FakeAdapter(traits: Self.lines)
        let first = try await BridgeHarness(
            directory: directory, adapter: adapter, worker: ScriptedWorker([.hold]))
        let operation = try #require(try await first.ask("!run make")).operation
        let session = try #require(try await first.turn(operation)).session
        _ = try await first.bridge.store.write { ledger in
            _ = try ledger.insertJob(
                session: session, turn: operation, actor: "a", command: "make", isBackground: false, snapshot: nil,
                at: 1)
            return try ledger.insertJob(
                session: session, turn: "op_0", actor: "a", command: "serve", isBackground: true, snapshot: nil, at: 1)
        }
        let second = try await BridgeHarness(directory: directory, adapter: adapter)
        try await second.settle()
        #expect(second.worker.requests.isEmpty)
        #expect(
            adapter.texts.contains {
                $0.hasPrefix("Interrupted by a restart of the host: `make` was ended")
            }, "\(adapter.texts)")
        #expect(adapter.texts.contains { $0.hasPrefix("Interrupted by a restart of the host: job `j2` (`serve`)") })
        #expect(try await second.bridge.store.read { ledger in try ledger.runningJobs() }.isEmpty)
        first.worker.release()
    }

    @Test("a file that a command sends is uploaded, or linked where there are no files")
    func file() async throws {
        let directory = try TemporaryDirectory()
        var settings = BridgeSettings(publicURL: "http://h", repositories: ["notes"])
        settings.filesDirectory = directory.path + "/files"
        let file = TurnFile(name: "src/a b.bin", bytes: [1, 2, 255])
        let uploading = try await BridgeHarness(
            traits: Self.editing, worker: ScriptedWorker([.event(.file(file))]), settings: settings)
        _ = try await uploading.frames(of: try #require(try await uploading.ask("!files src/a b.bin")).operation)
        try await uploading.settle()
        expectEqual(uploading.adapter.posts.map { $0.file?.bytes }, [[1, 2, 255]])
        expectEqual(uploading.adapter.posts.first?.file?.name, "a b.bin")
        let linking = try await BridgeHarness(
            traits: Self.lines, worker: ScriptedWorker([.event(.file(file))]), settings: settings)
        let operation = try #require(try await linking.ask("!files src/a b.bin")).operation
        _ = try await linking.frames(of: operation)
        try await linking.settle()
        let session = try #require(try await linking.turn(operation)).session
        expectEqual(
            linking.adapter.texts,
            [
                "`src/a b.bin` (3 B): http://h/api/v1/threads/\(session)/files?name=src/a%20b.bin"
            ])
    }
}
