import Chat
import Database
import Primitives
import Store
import TestSupport
import Testing

@testable import People
@testable import Sessions
@testable import Threads

/// What the bridge does with messages in a thread that the bot is part of.
@Suite("Etiquette in a thread", .timeLimit(.minutes(1)))
struct EtiquetteBridgeTests {
    private static let traits = RoomTraits(
        capabilities: [.reactions, .threads], textLimit: 400, textUnit: .bytes, isMultiline: false, names: ["jet"])
    private static let policy = AccessPolicy(
        owners: ["fake:one/alice"], members: ["fake:one/bob"], guests: ["fake:one/gina"])

    private func harness(
        _ directory: TemporaryDirectory? = nil, worker: ScriptedWorker = ScriptedWorker(), answers: AnswerRules? = nil,
        traits: RoomTraits = Self.traits
    ) async throws -> BridgeHarness {
        var settings = BridgeSettings(publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50))
        if let answers { settings.answers = answers }
        return try await BridgeHarness(
            directory: directory, traits: traits, worker: worker, settings: settings, policy: Self.policy)
    }

    /// Writes in the team's thread.
    @discardableResult
    private func say(
        _ text: String, from person: String = "alice", isMention: Bool = false, mentionsOthers: Bool = false,
        message: String? = nil, thread: String = "t1", id: String? = nil, _ harness: BridgeHarness
    ) async throws -> Delivery {
        try await harness.adapter.say(
            // After a restart, the network's ids go on.
            text, from: person, in: "team", id: id ?? "\(UInt64.random(in: 0 ... .max))", isDirect: false,
            isAddressed: isMention, isMention: isMention,
            mentionsOthers: mentionsOthers, thread: thread, message: message)
    }

    /// A thread in which the bot has answered alice.
    private func begun(_ harness: BridgeHarness) async throws {
        try await expectEqual(self.say("hello", isMention: true, harness), .stored)
        await harness.adapter.waitForText("You said: hello")
        try await harness.settle()
    }

    @Test("what mentions somebody else, an aside, and a thread of others are not for the bot")
    func others() async throws {
        let harness = try await self.harness()
        try await self.begun(harness)
        try await expectEqual(
            self.say("@bob lunch?", mentionsOthers: true, harness), .ignored("mentions others"))
        try await expectEqual(self.say("(aside) he is late", from: "bob", harness), .ignored("aside"))
        try await expectEqual(self.say("!aside he is late", isMention: true, harness), .ignored("aside"))
        try await expectEqual(self.say("and now?", thread: "t2", harness), .ignored("not addressed"))
        try await expectEqual(harness.adapter.say("(Aside) to myself"), .ignored("aside"))
        try await expectEqual(self.say("and now?", from: "bob", harness), .stored)
        try await expectEqual(
            self.say("what does @bob mean?", isMention: true, mentionsOthers: true, harness), .stored)
        await harness.adapter.waitForText("You said: what does @bob mean?")
        try await harness.settle()
        expectEqual(harness.worker.requests.map(\.text), ["hello", "and now?", "what does @bob mean?"])
    }

    @Test("a muted thread stays silent over a restart, until a mention, which is answered")
    func mute() async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.harness(directory)
        try await self.begun(first)
        try await self.say("!mute", from: "bob", first)
        await first.adapter.waitForPosts(2)
        expectEqual(
            first.adapter.texts.last, "Muted: I answer in this thread only when I am mentioned, until `!unmute`.")
        try await expectEqual(self.say("and now?", first), .ignored("muted"))
        try await first.settle()
        await first.bridge.stop()

        let second = try await self.harness(directory)
        try await expectEqual(self.say("and now?", second), .ignored("muted"))
        try await expectEqual(self.say("thanks", from: "bob", second), .ignored("muted"))
        try await self.say("!status", second)
        await second.adapter.waitForPosts(1)
        try await expectEqual(self.say("still", second), .ignored("muted"))
        try await expectEqual(self.say("are you there?", isMention: true, second), .stored)
        await second.adapter.waitForText("You said: are you there?")
        try await expectEqual(self.say("and now?", second), .stored)
        await second.adapter.waitForText("You said: and now?")
        try await second.settle()
        await second.bridge.stop()

        let third = try await self.harness(directory)
        try await expectEqual(self.say("again?", third), .stored)
        await third.adapter.waitForText("You said: again?")
    }

    @Test("a mention that the network repeats does not end a mute that came after it")
    func repeated() async throws {
        let harness = try await self.harness()
        try await expectEqual(self.say("hello", isMention: true, id: "e1", harness), .stored)
        await harness.adapter.waitForText("You said: hello")
        try await harness.settle()
        try await self.say("!mute", from: "bob", harness)
        await harness.adapter.waitForPosts(2)
        try await expectEqual(self.say("hello", isMention: true, id: "e1", harness), .duplicate)
        try await expectEqual(self.say("and now?", harness), .ignored("muted"))
    }

    @Test("unmute ends it, in direct messages too; commands with their sign work in between")
    func unmute() async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.harness(directory)
        try await first.adapter.say("!mute")
        await first.adapter.waitForPosts(1)
        expectEqual(first.adapter.texts, ["Muted: I do not answer here until `!unmute`."])
        try await first.settle()
        let harness = try await self.harness(directory)
        try await expectEqual(harness.adapter.say("hello"), .ignored("muted"))
        try await expectEqual(harness.adapter.say("!frobnicate"), .ignored("muted"))
        try await expectEqual(harness.adapter.say("hello", from: "bob", in: "bob"), .stored)
        try await harness.adapter.say("!unmute")
        await harness.adapter.waitForText("Unmuted: I answer in this thread again.")
        try await expectEqual(harness.adapter.say("hello"), .stored)
        try await harness.settle()
        expectEqual(harness.worker.requests.map(\.text), ["hello", "hello"])
    }

    @Test("a guest mutes only a thread of their own")
    func guest() async throws {
        let harness = try await self.harness()
        try await self.begun(harness)
        try await self.say("!mute", from: "gina", harness)
        await harness.adapter.waitForPosts(2)
        #expect(harness.adapter.texts.last?.hasPrefix("Muted") == false)
        try await expectEqual(self.say("and now?", from: "bob", harness), .stored)
        try await harness.adapter.say("!mute", from: "gina", in: "gina")
        await harness.adapter.waitForText("Muted: I do not answer here until `!unmute`.")
    }

    @Test("thanks among people get a reaction and no turn; alone with the bot they are a message")
    func thanks() async throws {
        let harness = try await self.harness()
        try await self.begun(harness)
        try await expectEqual(self.say("ok", harness), .stored)
        await harness.adapter.waitForText("You said: ok")
        try await harness.settle()
        try await expectEqual(self.say("Thanks, jet! :)", from: "bob", message: "m7", harness), .ignored("thanks"))
        await harness.adapter.waitForReactions { $0 == [.init("👍", isOn: true, on: "m7")] }
        try await self.say("and why?", from: "bob", harness)
        await harness.adapter.waitForText("You said: and why?")
        try await harness.settle()
        // Now alice is not alone either.
        try await expectEqual(self.say("👍🏽", message: "m8", harness), .ignored("thanks"))
        try await expectEqual(self.say("thanks", isMention: true, harness), .stored)
        try await expectEqual(self.say("thanks, now add a test", harness), .stored)
        try await harness.settle()
        await harness.adapter.waitForReactions { $0.contains(.init("👍", isOn: true, on: "m8")) }
        expectEqual(harness.adapter.reactions.count { $0.emoji == "👍" }, 2)
        expectEqual(
            harness.worker.requests.map(\.text), ["hello", "ok", "and why?", "thanks", "thanks, now add a test"])
    }

    @Test("thanks are met with silence where there are no reactions")
    func plainThanks() async throws {
        let traits = RoomTraits(capabilities: [.threads], textLimit: 400, textUnit: .bytes, isMultiline: false)
        let harness = try await self.harness(traits: traits)
        try await self.begun(harness)
        try await expectEqual(self.say("merci !", from: "bob", message: "m7", harness), .ignored("thanks"))
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["You said: hello"])
        #expect(harness.adapter.reactions.isEmpty)
    }

    @Test("an open question takes the words that would thank otherwise")
    func asked() async throws {
        let question = ThreadQuestion(
            .question, "Which way?", options: [ThreadQuestion.Option("left"), ThreadQuestion.Option("right")],
            answerer: .members)
        let harness = try await self.harness(
            worker: ScriptedWorker(
                [.event(.text("You said: hello"))], [.event(.text("Well."))],
                [.question(question), .event(.text("Good."))]))
        try await self.begun(harness)
        try await self.say("hm", from: "bob", harness)
        await harness.adapter.waitForText("Well.")
        try await self.say("go on", harness)
        try await eventually("the question is open") {
            try await !harness.bridge.store.read { try $0.openAsks().isEmpty }
        }
        try await expectEqual(self.say("ok", message: "m9", harness), .stored)
        await harness.adapter.waitForText("Good.")
        expectEqual(harness.worker.answers.count, 1)
        #expect(!harness.adapter.reactions.contains { $0.emoji == "👍" })
    }

    @Test("a stop word ends the running turn at once, and is a message when nothing runs")
    func stop() async throws {
        let worker = ScriptedWorker(
            [.event(.text("You said: hello"))], [.event(.text("Begun.\n\n")), .hold],
            [.event(.text("You said: Stopp!"))])
        let harness = try await self.harness(worker: worker)
        try await self.begun(harness)
        try await self.say("count to a million", harness)
        await harness.adapter.waitForText("Begun.")
        try await expectEqual(self.say("stop the server on port 80", from: "bob", harness), .stored)
        try await expectEqual(self.say("Stop, jet!", from: "bob", harness), .stored)
        try await eventually("the turn was stopped") {
            try await harness.bridge.store.read { ledger in
                try ledger.connection.query("SELECT id FROM turns WHERE state = 'stopped'", []).count == 1
            }
        }
        try await harness.settle()
        try await expectEqual(self.say("Stopp!", harness), .stored)
        try await harness.settle()
        expectEqual(
            worker.requests.map(\.text), ["hello", "count to a million", "stop the server on port 80", "Stopp!"])
    }

    @Test("a stop word that a question offers as an option chooses it")
    func offered() async throws {
        let question = ThreadQuestion(
            .question, "There is a file already.",
            options: [ThreadQuestion.Option("Overwrite"), ThreadQuestion.Option("Cancel")])
        let harness = try await self.harness(worker: ScriptedWorker([.question(question), .event(.text("Left."))]))
        try await self.say("write it", isMention: true, harness)
        try await eventually("the question is open") {
            try await !harness.bridge.store.read { try $0.openAsks().isEmpty }
        }
        try await expectEqual(self.say("cancel", harness), .stored)
        await harness.adapter.waitForText("Left.")
        expectEqual(harness.worker.answers.map(\.content), [.option(key: "B", label: "Cancel", comment: nil)])
    }

    @Test("a message that was found to stop a turn does so when the inbox is read again")
    func storedStop() async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.harness(directory)
        let message = InboundMessage(
            thread: ThreadKey(adapter: first.adapter.id, value: "team/t1"),
            route: Route(room: RoomID(adapter: first.adapter.id, name: "team")),
            sender: Sender(
                id: "fake:one/alice", identities: [Identity("fake:one/alice")], displayName: "alice"),
            text: "Stop!", sentAt: 1_000, isDirect: false, isAddressed: true, isMention: false, isThreaded: true,
            isStop: true)
        try await first.bridge.store.write { ledger in
            _ = try ledger.insertEvent(
                "e1", adapter: first.adapter.id, body: StoredForm.text(of: message), role: .owner, of: nil,
                in: message.route.room, charge: InboxCharge(message), at: 1_000)
        }
        let second = try await self.harness(directory)
        await second.adapter.waitForPosts(1)
        try await second.settle()
        #expect(second.worker.requests.isEmpty)
    }

    @Test("the bot's name alone gets one line and no turn")
    func bareMention() async throws {
        let harness = try await self.harness()
        try await expectEqual(self.say("", isMention: true, harness), .stored)
        await harness.adapter.waitForPosts(1)
        try await harness.settle()
        expectEqual(
            harness.adapter.texts,
            ["Write your question after my name; `!help` lists what else I can do."])
        #expect(harness.worker.requests.isEmpty)
    }

    @Test("the bot's name alone, as a reply to the writer's own message, asks that")
    func ownReply() async throws {
        let harness = try await self.harness()
        try await harness.adapter.say("", in: "team", isDirect: false, repliedText: "why does it fail?", thread: "t1")
        await harness.adapter.waitForText("You said: why does it fail?")
        let texts = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT text FROM messages WHERE role = 'user'", []).map { try $0.text("text") }
        }
        expectEqual(texts, ["why does it fail?"])
    }

    @Test("with `answers: mentioned`, a thread of the bot is like a channel")
    func mentioned() async throws {
        let room = RoomID(adapter: AdapterID("fake:one"), name: "team")
        for answers in [
            AnswerRules(standard: .mentioned), AnswerRules(adapters: [room.adapter: .mentioned]),
            AnswerRules(adapters: [room.adapter: .always], rooms: [room: .mentioned]),
        ] {
            let harness = try await self.harness(answers: answers)
            try await self.begun(harness)
            try await expectEqual(self.say("and now?", harness), .ignored("not addressed"))
            try await expectEqual(
                harness.adapter.say(
                    "and now?", in: "team", isDirect: false, isAddressed: true, isMention: false, isReply: true,
                    thread: "t1"), .stored)
            try await expectEqual(harness.adapter.say("and now?"), .stored)
            try await harness.settle()
        }
        let rules = AnswerRules(standard: .mentioned, rooms: [room: .always])
        let harness = try await self.harness(answers: rules)
        try await self.begun(harness)
        try await expectEqual(self.say("and now?", harness), .stored)
    }
}
