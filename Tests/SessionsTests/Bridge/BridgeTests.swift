import Chat
import Database
import Models
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import People
@testable import Sessions
@testable import Threads

@Suite("Bridge", .timeLimit(.minutes(1)))
struct BridgeTests {
    @Test("a question is answered in its thread, streamed in frames without gaps, and kept in the transcript")
    func answer() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(.text("First.\n\n")), .event(.text("Second."))]))
        let submission = try #require(try await harness.ask("hello"))
        let frames = try await harness.frames(of: submission.operation)
        expectEqual(frames.map(\.sequence), Array(1...Int64(frames.count)))
        expectEqual(frames.filter { $0.kind == .execution }.map(\.content).joined(), "First.\n\nSecond.")
        expectEqual(frames.last?.kind, .complete)
        expectEqual(frames.last?.content, "First.\n\nSecond.")
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.texts, ["First.", "Second."])
        try await expectEqual(harness.turn(submission.operation)?.state, .complete)
        let messages = try await harness.bridge.store.read { ledger in
            let session = try #require(
                try ledger.session(for: ThreadKey(adapter: AdapterID("fake:one"), value: "alice/alice")))
            return try ledger.messages(of: session.id, after: nil, limit: 10).items
        }
        expectEqual(messages.map(\.role), [.user, .assistant])
        expectEqual(messages.map(\.text), ["hello", "First.\n\nSecond."])
    }

    @Test("a repeated event makes no second turn and returns the first one's operation")
    func repeated() async throws {
        let harness = try await BridgeHarness()
        let first = try await harness.ask("hello", id: "e1")
        let second = try await harness.ask("hello", id: "e1")
        expectEqual(first, second)
        _ = try await harness.frames(of: try #require(first).operation)
        expectEqual(harness.worker.requests.count, 1)
    }

    @Test("a stranger gets one line and no answer, and a wrong code none")
    func strangers() async throws {
        let harness = try await BridgeHarness()
        try await expectEqual(harness.adapter.say("hello", from: "mallory"), .ignored("stranger"))
        try await expectEqual(harness.ask("!pair ABCD-2345", from: "mallory"), nil)
        expectEqual(harness.adapter.texts.map { $0.hasPrefix("I do not know you") }, [true])
        #expect(harness.worker.requests.isEmpty)
    }

    @Test(
        "what only its sender sees may be shown to all, but not a stranger's words, a code, a token or another secret",
        arguments: [
            ("!specify a page", "alice", true), ("what is new?", "alice", true), ("!status", "mallory", false),
            ("!pair ABCD-2345", "alice", false), ("!piar ABCD-2345", "alice", false), ("ABCD-2345", "alice", false),
            ("!login ghp_0123456789abcdefghijklmnopqrstuvwxyz", "alice", false),
            ("!logn ghp_0123456789abcdefghijklmnopqrstuvwxyz", "alice", false),
        ])
    func shown(text: String, person: String, isShown: Bool) async throws {
        let harness = try await BridgeHarness()
        let message = try #require(harness.adapter.event(text, from: person, isDirect: false).message)
        await expectEqual(harness.bridge.mayShow(message), isShown)
    }

    @Test("a pairing code works once, for its role")
    func pairing() async throws {
        let harness = try await BridgeHarness()
        let (code, _) = try await AccessControl.makeCode(for: .member, in: harness.bridge.store, at: 1_000)
        _ = try await harness.ask("!pair \(code.lowercased())", from: "bob")
        await harness.adapter.waitForPosts(1)
        expectEqual(harness.adapter.texts, ["Paired: you are now a member."])
        _ = try await harness.frames(of: try #require(try await harness.ask("hello", from: "bob")).operation)
        expectEqual(harness.worker.requests.count, 1)
        try await expectEqual(harness.ask("!pair \(code)", from: "mallory"), nil)
        let transcript = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT text FROM messages WHERE role = 'command'", []).map {
                try $0.text("text")
            }
        }
        #expect(transcript.allSatisfy { !$0.contains(code.lowercased()) })
    }

    @Test("strangers may pair only while a code is valid")
    func expectsPairing() async throws {
        let harness = try await BridgeHarness()
        let access = harness.bridge.access
        #expect(await !access.expectsPairing())
        _ = try await AccessControl.makeCode(for: .owner, in: harness.bridge.store, at: 1_000 - 3_600_000)
        #expect(await !access.expectsPairing())
        let (code, _) = try await AccessControl.makeCode(for: .member, in: harness.bridge.store, at: 1_000)
        #expect(await access.expectsPairing())
        _ = try await harness.ask("!pair \(code)", from: "bob")
        #expect(await !access.expectsPairing())
    }

    @Test("a code expires after an hour")
    func oldCode() async throws {
        let harness = try await BridgeHarness()
        let (code, _) = try await AccessControl.makeCode(for: .member, in: harness.bridge.store, at: 1_000 - 3_600_000)
        try await expectEqual(harness.ask("!pair \(code)", from: "bob"), nil)
        #expect(harness.adapter.posts.isEmpty)
    }

    @Test("a guest may not make commits, and learns which role may")
    func guest() async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.ask("!specify a login page", from: "gina")
        await harness.adapter.waitForPosts(1)
        expectEqual(harness.adapter.texts.first?.hasPrefix("`!specify` needs the role member"), true)
        #expect(harness.worker.requests.isEmpty)
    }

    @Test("messages during a turn wait in order, visibly")
    func queue() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(.text("one\n\n")), .hold], [.event(.text("two"))], [.event(.text("three"))]))
        func ask(_ text: String, _ person: String) async throws -> Submission {
            try #require(try await harness.bridge.submit(harness.adapter.event(text, from: person, thread: "t")))
        }
        let first = try await ask("1", "gina")
        await harness.adapter.waitForText("one")
        let second = try await ask("2", "alice")
        let third = try await ask("3", "gina")
        try await expectEqual(harness.turn(second.operation)?.state, .queued)
        await harness.adapter.waitForPosts(2)
        harness.worker.release()
        for operation in [first, second, third] { _ = try await harness.frames(of: operation.operation) }
        await harness.adapter.waitForPosts(4)
        // Where nothing can be edited, one note for all that waits.
        expectEqual(harness.adapter.texts.prefix(2), ["one", "I am still answering; 1 message is ahead of this one."])
        expectEqual(harness.adapter.texts.suffix(2), ["two", "three"])
        expectEqual(harness.worker.requests.map(\.text), ["1", "2", "3"])
        expectEqual(harness.worker.requests.last?.history.filter { $0.role == .user }.map(\.text), ["1", "2"])
    }

    @Test("stop ends the running turn at once and keeps its text")
    func stop() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.event(.text("Begun.\n\n")), .hold]))
        let first = try #require(try await harness.ask("1"))
        await harness.adapter.waitForPosts(1)
        _ = try await harness.ask("!stop")
        let frames = try await harness.frames(of: first.operation)
        expectEqual(frames.last?.kind, .error)
        try await expectEqual(harness.turn(first.operation)?.state, .stopped)
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.texts, ["Begun.", "Stopped. `!resume` continues the answer."])
    }

    @Test("a cut answer keeps its text, says so, and resume continues it")
    func cutAndResume() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker(
                [.event(.text("Half")), .cut("the model's server closed the connection")], [.event(.text(" and half"))])
        )
        let first = try #require(try await harness.ask("1"))
        _ = try await harness.frames(of: first.operation)
        await harness.adapter.waitForPosts(2)
        expectEqual(
            harness.adapter.texts,
            [
                "Half", "Cut off: the model's server closed the connection. Type `!resume` to continue.",
            ])
        let second = try #require(try await harness.ask("!resume"))
        _ = try await harness.frames(of: second.operation)
        expectEqual(harness.worker.requests.last?.continuing, "Half")
        expectEqual(harness.worker.requests.last?.id, first.operation)
        try await expectEqual(harness.turn(first.operation)?.state, .interrupted)
    }

    @Test("a failure is one line, and the next question is answered")
    func failure() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.fail("The model refuses the key (401). Put a valid one into `model.api_key`.")]))
        let first = try #require(try await harness.ask("1"))
        try await expectEqual(harness.frames(of: first.operation).last?.kind, .error)
        await harness.adapter.waitForPosts(1)
        expectEqual(harness.adapter.texts, ["The model refuses the key (401). Put a valid one into `model.api_key`."])
        _ = try await harness.ask("2")
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.texts.last, "You said: 2")
    }

    @Test("a commit is posted as one line, once however often it is reported")
    func commits() async throws {
        let commit = CommitNotice(
            repository: "notes", sha: "0123456789abcdef", branch: "001-a", subject: "spec", files: 2, additions: 5,
            deletions: 0)
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(.commit(commit)), .event(.commit(commit)), .event(.text("done"))]))
        let submission = try #require(try await harness.ask("!specify x"))
        _ = try await harness.frames(of: submission.operation)
        await harness.adapter.waitForPosts(2)
        expectEqual(
            harness.adapter.texts.first,
            "`0123456` spec (2 files changed, +5 −0) http://127.0.0.1:8787/r/notes/commit/0123456789abcdef")
        try await expectEqual(harness.turn(submission.operation)?.commits, [commit])
    }

    @Test("new leaves the history behind")
    func new() async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.frames(of: try #require(try await harness.ask("1")).operation)
        _ = try await harness.ask("!new")
        _ = try await harness.frames(of: try #require(try await harness.ask("2")).operation)
        expectEqual(harness.worker.requests.last?.history, [])
    }

    @Test("an answer that is too long for a room becomes an excerpt and a link")
    func shortened() async throws {
        let long = (1...40).map { "Paragraph \($0)." }.joined(separator: "\n\n")
        let harness = try await BridgeHarness(
            traits: RoomTraits(
                textLimit: 400, textUnit: .bytes, isMultiline: false, answerMessages: 10, excerptMessages: 3),
            worker: ScriptedWorker([.event(.text(long))]))
        let submission = try #require(try await harness.ask("1"))
        _ = try await harness.frames(of: submission.operation)
        await harness.adapter.waitForPosts(4)
        expectEqual(harness.adapter.texts.prefix(3), ["Paragraph 1.", "Paragraph 2.", "Paragraph 3."])
        expectEqual(harness.adapter.texts.last?.hasPrefix("The whole answer: http://127.0.0.1:8787/a/"), true)
        expectEqual(harness.adapter.texts.count, 4)
    }

    @Test("where each line is a message, a document shows its beginning and a link")
    func document() async throws {
        let long = (1...20).map { "Paragraph \($0)." }.joined(separator: "\n\n")
        let harness = try await BridgeHarness(
            traits: RoomTraits(
                textLimit: 400, textUnit: .bytes, isMultiline: false, answerMessages: 60, excerptMessages: 12),
            worker: ScriptedWorker([.event(.text(long))]))
        let submission = try #require(try await harness.ask("!specify a thing"))
        _ = try await harness.frames(of: submission.operation)
        try await harness.settle()
        expectEqual(harness.adapter.texts.prefix(6), (1...6).map { "Paragraph \($0)." }[...])
        expectEqual(harness.adapter.texts.count, 7)
        expectEqual(harness.adapter.texts.last?.hasPrefix("The whole answer: http://127.0.0.1:8787/a/"), true)
    }

    @Test("a post of unknown outcome is repeated with the mark, a certain failure without it")
    func unknownSend() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.event(.text("a"))], [.event(.text("b"))]))
        harness.adapter.fail(with: AdapterError(.disconnected, "gone", retryAfter: .milliseconds(1), isCertain: false))
        _ = try await harness.frames(of: try #require(try await harness.ask("1")).operation)
        await harness.adapter.waitForPosts(1)
        expectEqual(harness.adapter.texts, ["(may be a repeat) a"])
        harness.adapter.fail(with: AdapterError(.disconnected, "gone", retryAfter: .milliseconds(1)))
        _ = try await harness.ask("2")
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.texts.last, "b")
    }

    @Test(
        "commands are answered at once, including unknown ones",
        arguments: [
            ("!halp", "I do not know the command `!halp`. Did you mean `!help`?"),
            ("!tak", "I do not know the command `!tak`. Did you mean `!task`?"),
            ("!xyzzy", "I do not know the command `!xyzzy`. `!help all` lists all commands."),
            ("!model huge", "The model `huge` is not available. The closest names are"),
            ("!model large", "From now on this thread uses `large`."),
            (
                "!whoami",
                "You are `fake:one/alice`, role owner. I know you by: `fake:one/alice`. Your name here is alice."
            ),
            ("!stop", "Nothing is running."),
            ("!resume", "There is no interrupted answer to resume."),
            ("!repo", "Repositories: `notes`."), ("!repo files", "Nothing can be listed here."),
            ("!usage", "No tokens have been used in this thread yet."),
            ("!resend", "There is no answer to post again."),
        ])
    func commands(text: String, reply: String) async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.ask(text)
        await harness.adapter.waitForPosts(1)
        expectEqual(harness.adapter.texts.first?.hasPrefix(reply), true, "\(harness.adapter.texts)")
    }
}

@Suite("Answers that grow by edits", .timeLimit(.minutes(1)))
struct PreviewTests {
    private static let traits = RoomTraits(
        capabilities: .edits, textLimit: 4_000, textUnit: .characters, editInterval: .milliseconds(5))

    @Test("one message grows and ends complete")
    func grows() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits,
            worker: ScriptedWorker([.event(.text("One.")), .hold, .event(.text(" Two.\n\n")), .event(.text("Three."))]))
        let submission = try #require(try await harness.ask("1"))
        await harness.adapter.waitForPosts(1)
        expectEqual(harness.adapter.texts, ["One."])
        harness.worker.release()
        _ = try await harness.frames(of: submission.operation)
        await harness.adapter.waitForText("One. Two.\n\nThree.")
        expectEqual(harness.adapter.posts.count, 1)
    }

    @Test("an answer over the limit becomes several messages, the first ones edited")
    func several() async throws {
        let long = (1...30).map { "Paragraph number \($0)." }.joined(separator: "\n\n")
        let traits = RoomTraits(
            capabilities: .edits, textLimit: 218, textUnit: .characters, editInterval: .milliseconds(5))
        let harness = try await BridgeHarness(
            traits: traits,
            worker: ScriptedWorker([
                .event(.text("Paragraph number 1.\n\n")), .hold, .event(.text(String(long.dropFirst(21)))),
            ]))
        let submission = try #require(try await harness.ask("1"))
        await harness.adapter.waitForPosts(1)
        harness.worker.release()
        _ = try await harness.frames(of: submission.operation)
        await harness.adapter.waitForPosts(4)
        let wanted = Composer(traits: traits, renderer: PlainMarkdownRenderer()).messages(for: long)
        await harness.adapter.waitForText(wanted[0])
        expectEqual(harness.adapter.texts.count, wanted.count)
        expectEqual(Set(harness.adapter.texts), Set(wanted))
    }

    @Test("an answer that arrives at once is one post, without a preview in the outbox")
    func atOnce() async throws {
        // However slow this machine is, the answer is complete before its first preview is due.
        var traits = Self.traits
        traits.previewDelay = .seconds(600)
        let harness = try await BridgeHarness(
            traits: traits, worker: ScriptedWorker([.event(.text("One.")), .event(.text(" Two."))]))
        let submission = try #require(try await harness.ask("1"))
        await harness.adapter.waitForText("One. Two.")
        try await harness.settle()
        expectEqual(harness.adapter.posts.map(\.edits), [0])
        let kinds = try await harness.bridge.store.read { ledger in
            try ledger.outbox(ofTurn: submission.operation).map(\.kind)
        }
        expectEqual(kinds, [.final])
    }

    @Test("a preview that cannot be sent does not hold up the final")
    func failing() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits, worker: ScriptedWorker([.event(.text("One.")), .hold, .event(.text(" Two."))]))
        harness.adapter.fail(with: AdapterError(.disconnected, "gone", retryAfter: .seconds(600)))
        let submission = try #require(try await harness.ask("1"))
        try await eventually("the fault is used") { harness.adapter.faultsLeft == 0 }
        harness.worker.release()
        _ = try await harness.frames(of: submission.operation)
        await harness.adapter.waitForText("One. Two.")
        expectEqual(harness.adapter.posts.count, 1)
    }

    @Test("commands do not wait long for a provider that does not answer, and neither does what follows them")
    func slowProvider() async throws {
        let models = ModelDirectory(
            defaultModel: "small", provider: "test", patience: .milliseconds(5),
            quota: {
                try await Task.sleep(for: .seconds(3_600))
                return nil
            },
            list: {
                try await Task.sleep(for: .seconds(3_600))
                return []
            })
        let harness = try await BridgeHarness(models: models)
        let slow = "the provider takes too long to answer; try again in a moment"
        _ = try await harness.ask("!models")
        await harness.adapter.waitForText("The models cannot be listed: \(slow)")
        _ = try await harness.ask("!model large")
        await harness.adapter.waitForText("The models cannot be listed, so `large` cannot be chosen: \(slow)")
        _ = try await harness.ask("!usage")
        try await harness.settle()
        expectEqual(harness.adapter.texts.last?.contains("the remaining quota is unknown: \(slow)"), true)
    }

    @Test("with several providers a model is chosen by its whole name, or by its name alone where it is unique")
    func severalProviders() async throws {
        let sources = [("work", ["a", "both"]), ("local", ["b", "both"])].map { id, names in
            let client = ScriptedModel(names: names)
            return ModelRouter.Source(id: id, client, catalog: ModelCatalog(client))
        }
        let down = ScriptedModel(listing: { throw ModelError(.unreachable, "127.0.0.1:1 cannot be reached.") })
        let router = ModelRouter(
            sources + [ModelRouter.Source(id: "down", down, catalog: ModelCatalog(down))], default: "work/a")
        let harness = try await BridgeHarness(
            traits: RoomTraits(textLimit: 4_000, textUnit: .bytes), models: ModelDirectory(router, ModelCatalog(router))
        )
        for (command, text) in [
            ("!model b", "From now on this thread uses `local/b`."),
            ("!model", "The model of this thread is `local/b`."),
            ("!status", "model: local/b (scripted)"),
            (
                "!model both",
                "The model `both` is not available. The closest names are `work/both`, `local/both`."
            ),
            ("!model a", "From now on this thread uses `work/a`."),
            ("!models", "Not available:\n- down: 127.0.0.1:1 cannot be reached."),
            ("!models", "- `work/a`: 64000 tokens in, 4096 out (default)"),
        ] {
            _ = try await harness.ask(command)
            try await harness.settle()
            #expect(
                harness.adapter.texts.last?.contains(text) == true, "\(command): \(harness.adapter.texts.last ?? "")")
        }
    }
}
