import Chat
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import Posts
@testable import Sessions
@testable import Threads

@Suite("Jobs of a thread", .timeLimit(.minutes(1)))
struct JobThreadTests {
    private static let editing = RoomTraits(
        capabilities: .edits, textLimit: 4_000, textUnit: .bytes, editInterval: .milliseconds(5))

    private static func job(_ id: String, isRunning: Bool = true) -> Job {
        Job(
            id: id, session: "s", turn: "op_1", command: "make all", isBackground: true,
            state: isRunning ? .running : .ended, ending: isRunning ? nil : "exit 2 · 3.0 s", startedAt: 0)
    }

    private func harness(_ desk: FakeDesk, traits: RoomTraits = Self.editing) async throws -> BridgeHarness {
        let harness = try await BridgeHarness(traits: traits, desk: desk)
        _ = try await harness.frames(of: try #require(try await harness.ask("hello", id: "first")).operation)
        try await harness.settle()
        harness.adapter.forgetPosts()
        return harness
    }

    @Test("`jobs` lists them, `status` names the jail, `kill` ends one")
    func list() async throws {
        let desk = FakeDesk()
        let harness = try await self.harness(desk)
        _ = try await harness.ask("!jobs", id: "1")
        await harness.adapter.waitForText("No command has run in this thread.")
        desk.add(Self.job("j1", isRunning: false))
        desk.add(Self.job("j2"))
        _ = try await harness.ask("!jobs", id: "2")
        await harness.adapter.waitForPosts(2)
        expectEqual(
            harness.adapter.texts.last,
            "- `j1` `make all`: exit 2 · 3.0 s\n- `j2` `make all`: running for 1 s, in the background\n\n"
                + "`!jobs ID` follows one, `!kill ID` ends it.")
        _ = try await harness.ask("!status", id: "3")
        await harness.adapter.waitForPosts(3)
        expectEqual(harness.adapter.texts.last?.contains("- jail: a fake jail"), true)
        _ = try await harness.ask("!kill j9", id: "4")
        _ = try await harness.ask("!kill", id: "5")
        _ = try await harness.ask("!kill j2", id: "6")
        await harness.adapter.waitForText("Job `j2` (`make all`) was stopped.")
        expectEqual(harness.adapter.texts[3], "There is no job `j9` in this thread. `!jobs` lists them.")
        expectEqual(harness.adapter.texts[4], "Name the job: `!kill JOB`. `!jobs` lists them.")
    }

    @Test("what commands left running is listed, and `kill` of an ended job names it")
    func leftovers() {
        let process = Job(
            id: "p12", session: "s", turn: "", command: "sleep 99", isBackground: true, startedAt: 4_000)
        let sign = CommandSign("!")
        expectEqual(
            JobTexts.list([process, Self.job("j1", isRunning: false)], now: 9_000, sign: sign),
            "- `p12` `sleep 99`: running for 5 s, left by a command\n- `j1` `make all`: exit 2 · 3.0 s\n\n"
                + "`!jobs ID` follows one, `!kill ID` ends it.")
        expectEqual(
            JobTexts.notRunning(Self.job("j1", isRunning: false), left: [process], sign: sign),
            "Job `j1` (`make all`) is not running: exit 2 · 3.0 s. Commands have left running: `p12` "
                + "(`sleep 99`). `!kill p12` ends one of them, `!stop` ends all.")
        expectEqual(
            JobTexts.notRunning(Self.job("j1", isRunning: false), left: [], sign: sign),
            "Job `j1` (`make all`) is not running: exit 2 · 3.0 s.")
    }

    @Test("`repo` is refused while an answer runs, which may work on the files")
    func answering() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(.text("Begun.\n\n")), .hold, .event(.text("Done."))]),
            settings: BridgeSettings(
                publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50), repositories: ["notes", "other"]),
            desk: FakeDesk())
        _ = try await harness.ask("work")
        await harness.adapter.waitForText("Begun.")
        _ = try await harness.ask("!repo other")
        await harness.adapter.waitForText(
            "The repository was not changed: an answer is running in this thread: wait until it has ended, or end it with "
                + "`!stop`, then choose `!repo other` again.")
        _ = try await harness.ask("!repo notes")
        await harness.adapter.waitForText("From now on this thread works in `notes`.")
        harness.worker.release()
        await harness.adapter.waitForText("Done.")
        try await harness.settle()
        _ = try await harness.ask("!repo other")
        await harness.adapter.waitForText("From now on this thread works in `other`.")
    }

    @Test("`repo` is refused while the thread's files keep it where it is")
    func repository() async throws {
        let desk = FakeDesk()
        let harness = try await self.harness(desk)
        desk.obstruct("it has changes: commit them with `commit`")
        _ = try await harness.ask("!repo notes", id: "1")
        await harness.adapter.waitForText(
            "The repository was not changed: it has changes: commit them with `!commit`.")
        desk.obstruct(nil)
        _ = try await harness.ask("!repo notes", id: "2")
        await harness.adapter.waitForText("From now on this thread works in `notes`.")
    }

    @Test("`jobs ID` follows a job in one message, with its last lines, until it ends")
    func follow() async throws {
        let desk = FakeDesk()
        desk.add(Self.job("j2"))
        let harness = try await self.harness(desk)
        desk.write("one\n")
        let operation = try #require(try await harness.ask("!jobs j2", id: "1")).operation
        await harness.adapter.waitForText(
            "Job `j2`: `make all`\n\n```\none\n```\n\nrunning; `!kill j2` ends it")
        desk.write("two\n")
        await harness.adapter.waitForText(
            "Job `j2`: `make all`\n\n```\none\ntwo\n```\n\nrunning; `!kill j2` ends it")
        desk.write((3...40).map { "\($0)\n" }.joined())
        desk.end("exit 0 · 9.0 s")
        _ = try await harness.frames(of: operation)
        try await harness.settle()
        let last = harness.adapter.texts
        expectEqual(last.count, 1)
        expectEqual(last.first?.hasSuffix("39\n40\n```\n\nexit 0 · 9.0 s"), true, "\(last)")
        expectEqual(last.first?.contains("\ntwo\n"), false)
    }

    @Test("a job is followed by one message: asked again, its last lines are shown as they are")
    func followedTwice() async throws {
        let desk = FakeDesk()
        desk.add(Self.job("j2"))
        let harness = try await self.harness(desk)
        desk.write("one\n")
        let operation = try #require(try await harness.ask("!jobs j2", id: "1")).operation
        let hub = harness.bridge.hub
        #expect(await hub.isOpen(operation))
        for number in 2...4 {
            let again = try #require(try await harness.ask("!jobs j2", id: "\(number)")).operation
            #expect(await !hub.isOpen(again))
        }
        desk.end("exit 0 · 9.0 s")
        _ = try await harness.frames(of: operation)
        try await harness.settle()
    }

    @Test("in a transcript a followed job is live frames, from what it has written on; nothing is posted")
    func transcript() async throws {
        let desk = FakeDesk()
        desk.add(Self.job("j2"))
        let harness = try await self.harness(
            desk, traits: RoomTraits(capabilities: [.transcript, .threads], textLimit: 4_000, textUnit: .bytes))
        desk.write("one\n")
        let operation = try #require(try await harness.ask("!jobs j2", id: "1")).operation
        let hub = harness.bridge.hub
        #expect(await hub.isOpen(operation))
        // So that a page that comes later knows what the operation shows.
        let session = try #require(try await harness.turn(operation)).session
        let asked = try await harness.bridge.store.read {
            try $0.messages(of: session, after: nil, limit: 10).items.last
        }
        #expect(asked?.text == "!jobs j2" && asked?.turn == operation)
        var frames = try await hub.subscribe(toOperation: operation, after: 0).frames.makeAsyncIterator()
        await expectEqual(frames.next()?.content, "one\n")
        desk.write("two\n")
        await expectEqual(frames.next()?.content, "two\n")
        desk.end("exit 0 · 9.0 s")
        let last = await frames.next()
        expectEqual(last?.content, "Job `j2`: `make all`\n\n```\none\ntwo\n```\n\nexit 0 · 9.0 s")
        #expect(last?.isLast == true && harness.adapter.texts.isEmpty)
        #expect(await !hub.isOpen(operation))
    }

    @Test("the stop button of a page, and `stop`, end the following and say so")
    func stopped() async throws {
        let desk = FakeDesk()
        desk.add(Self.job("j2"))
        let harness = try await self.harness(
            desk, traits: RoomTraits(capabilities: [.transcript, .threads], textLimit: 4_000, textUnit: .bytes))
        let operation = try #require(try await harness.ask("!jobs j2", id: "1")).operation
        let session = try #require(try await harness.turn(operation)).session
        let key = try #require(try await harness.bridge.store.read { try $0.session(id: session) }).key
        try await harness.bridge.stop(operation, in: key)
        let last = try #require(try await harness.frames(of: operation).last)
        expectEqual(last.content, "Job `j2`: `make all`\n\nrunning; `!kill j2` ends it")
        _ = try await harness.ask("!jobs j2", id: "2")
        let stop = try #require(try await harness.ask("!stop", id: "3")).operation
        try await expectEqual(harness.frames(of: stop).last?.content, "Stopped following; the job goes on.")
    }

    @Test("`stop` ends the following, not the job")
    func stopFollowing() async throws {
        let desk = FakeDesk()
        desk.add(Self.job("j2"))
        let harness = try await self.harness(desk)
        let operation = try #require(try await harness.ask("!jobs j2", id: "1")).operation
        await harness.adapter.waitForPosts(1)
        _ = try await harness.ask("!stop", id: "2")
        _ = try await harness.frames(of: operation)
        try await expectEqual(desk.progress(of: "j2", in: "s", after: 0, isWaiting: false).ending, nil)
    }

    @Test("where nothing can be edited, `jobs ID` shows the last lines once")
    func plain() async throws {
        let desk = FakeDesk()
        desk.add(Self.job("j2"))
        desk.write("one\n")
        let harness = try await self.harness(
            desk, traits: RoomTraits(textLimit: 400, textUnit: .bytes, isMultiline: false))
        _ = try await harness.ask("!jobs j2", id: "1")
        await harness.adapter.waitForPosts(3)
        expectEqual(harness.adapter.texts, ["Job `j2`: `make all`", "one", "running; `!kill j2` ends it"])
    }

    @Test("a note outside any turn goes to the thread, with the room's command sign")
    func notice() async throws {
        let harness = try await self.harness(FakeDesk())
        let session = try #require(
            try await harness.bridge.store.read { ledger in try ledger.sessions(after: nil, limit: 1).items.first })
        try await harness.bridge.posts.post("Job `j1` has ended. `jobs j1` shows its output.", in: session.id)
        await harness.adapter.waitForText("Job `j1` has ended. `!jobs j1` shows its output.")
        try await harness.bridge.posts.post("nobody reads this", in: "s_none")
    }

    @Test("a commit outside any turn is one line with its link, like those of turns")
    func commit() async throws {
        let harness = try await self.harness(FakeDesk())
        let session = try #require(
            try await harness.bridge.store.read { ledger in try ledger.sessions(after: nil, limit: 1).items.first })
        let commit = CommitNotice(
            repository: "notes", sha: String(repeating: "ab", count: 20), branch: "work", subject: "Run `jobs`",
            files: 2, additions: 3, deletions: 1)
        try await harness.bridge.posts.post(commit, in: session.id)
        let line = CommitLine.text(for: commit, pages: harness.bridge.environment.settings.pages)
        await harness.adapter.waitForText(line)
        #expect(line.contains("(2 files changed, +3 −1)") && line.hasSuffix("/r/notes/commit/\(commit.sha)"))
        let last = try #require(
            try await harness.bridge.store.read { ledger in
                try ledger.messages(of: session.id, after: nil, limit: 50).items.last
            })
        expectEqual(last.role, .commit)
        let turn = try #require(last.turn)
        try await expectEqual(harness.bridge.store.read { ledger in try ledger.commits(of: turn) }, [commit])
    }
}
