import Chat
import EventLoop
import HTTP
import HTTPClient
import JSON
import Primitives
import Telegram
import TestSupport
import Testing

/// The adapter and the Telegram stand-in, over HTTP.
@Suite("With a server", .timeLimit(.minutes(1)))
struct TelegramServerTests {
    static let ada: Int64 = 1_001
    static let bob: Int64 = 1_002
    static let group: Int64 = -1_001_000_000_200
    static let forum: Int64 = -1_001_000_000_300

    static func with(
        _ change: (inout LoopbackTelegram.Settings) -> Void = { _ in },
        intake: TelegramSettings.Intake = .polling, pollTimeout: Duration = .seconds(5),
        pollGrace: Duration = .seconds(1),
        commands: [MenuCommand] = [MenuCommand(name: "help", argument: "", summary: "What there is")],
        _ body: @escaping @Sendable (LoopbackTelegram, TelegramAdapter, RecordingSink) async throws -> Void
    ) async throws {
        var settings = LoopbackTelegram.Settings()
        change(&settings)
        let telegram = try await LoopbackTelegram.started(settings)
        telegram.addPerson(TelegramPerson(Self.ada, "Ada", username: "ada"))
        telegram.addPerson(TelegramPerson(Self.bob, "Bob", username: "bob"))
        telegram.addGroup(Self.group, "Team", members: [Self.ada, Self.bob])
        telegram.addGroup(Self.forum, "Forum", members: [Self.ada], isForum: true)
        var configured = TelegramSettings(
            id: "bot", token: Secret(telegram.token), apiURL: try HTTPURL(telegram.apiURL), intake: intake,
            commands: commands)
        configured.pollTimeout = pollTimeout
        configured.pollGrace = pollGrace
        let adapter = TelegramAdapter(configured)
        let sink = RecordingSink()
        do {
            try await withRunning(adapter, sink) {
                await sink.wait(for: .up)
                try await body(telegram, adapter, sink)
            }
        } catch {
            await telegram.stop()
            throw error
        }
        await telegram.stop()
    }

    private func message(
        _ text: String, _ chat: Int64, topic: String? = nil, replyTo: String? = nil,
        stage: OutgoingMessage.Stage = .final, buttons: [MessageButton] = []
    ) -> OutgoingMessage {
        let room = RoomID(adapter: AdapterID("telegram:bot"), name: "\(chat)")
        return OutgoingMessage(
            text: text, route: Route(room: room, anchor: topic, replyTo: replyTo), token: "t-\(text.hashValue)",
            stage: stage, buttons: buttons)
    }

    @Test("Everything works in a private chat: post, edit, react, type, delete, menu")
    func privateChat() async throws {
        try await Self.with { telegram, adapter, sink in
            let said = telegram.say("hello", as: Self.ada, in: Self.ada)
            let heard = try #require(await sink.message("hello"))
            #expect(heard.isDirect && heard.route.replyTo == "\(said)")
            await adapter.setTyping(true, in: heard.route)
            let asked = MessageReference(room: heard.route.room, id: "\(said)")
            await adapter.react("👀", isOn: true, to: asked, isNeeded: false)
            let posted = try await adapter.post(self.message("<b>hi</b> 👩‍👩‍👧‍👦 <i>Ada</i>", Self.ada))
            expectEqual(telegram.shownByBot(in: Self.ada).last?.markup, "<b>hi</b> 👩‍👩‍👧‍👦 <i>Ada</i>")
            try await adapter.replace(posted, with: self.message("hi <code>Ada</code>", Self.ada))
            try await adapter.replace(posted, with: self.message("hi <code>Ada</code>", Self.ada))
            expectEqual(telegram.shownByBot(in: Self.ada).last?.markup, "hi <code>Ada</code>")
            expectEqual(telegram.shown(said, in: Self.ada)?.reactions[telegram.botID], ["👀"])
            await adapter.react("👀", isOn: false, to: asked, isNeeded: false)
            #expect(telegram.shown(said, in: Self.ada)?.reactions[telegram.botID] ?? [] == [])
            try await telegram.wait { !$0.actions(in: Self.ada).isEmpty }
            try await adapter.delete(posted, in: heard.route)
            try await adapter.delete(posted, in: heard.route)
            #expect(telegram.shownByBot(in: Self.ada).isEmpty)
            try await telegram.wait { $0.count("setMyCommands") == 3 }
        }
    }

    @Test("A paste, forwards, a quoted reply and a sticker arrive as what they are")
    func together() async throws {
        try await Self.with { telegram, adapter, sink in
            let long = String(repeating: "a", count: 4_096)
            telegram.say(long, as: Self.ada, in: Self.ada)
            telegram.say("end", as: Self.ada, in: Self.ada)
            _ = await sink.message(long + "end")
            let source = telegram.say("it broke", as: Self.bob, in: Self.group)
            telegram.forward([source], from: Self.group, as: Self.ada, in: Self.ada)
            let forwarded = try #require(await sink.message(""))
            expectEqual(forwarded.enclosed.map(\.text), ["it broke"])
            expectEqual(forwarded.enclosed.map(\.author?.id), ["telegram:\(Self.bob)"])
            telegram.say("@\(telegram.username) why?", as: Self.ada, in: Self.group, replyTo: source, quote: "broke")
            let question = try #require(await sink.message("why?"))
            expectEqual(question.enclosed.map(\.relation), [.repliedTo, .quoted])
            expectEqual(question.enclosed.map(\.text), ["it broke", "broke"])
            telegram.show(["sticker": ["file_id": "s", "emoji": "👍"]], as: Self.ada, in: Self.ada)
            _ = await sink.message("👍 (sticker)")
            let posted = try await adapter.post(self.message("because", Self.group))
            let reference = try #require(question.route.replyTo)
            let past = await adapter.past(
                of: PastQuery(
                    route: question.route, before: nil,
                    after: MessageReference(room: question.route.room, id: reference), since: 0, limit: 9))
            expectEqual(past.messages.map(\.reference), [posted])
        }
    }

    @Test("All Markdown arrives as intended and pings no one")
    func markup() async throws {
        try await Self.with { telegram, adapter, _ in
            let markdown = """
                # Head

                Text with **bold**, *italic*, ~~struck~~, `code` and [a link](https://example.org/?a=1&b=2).
                @bob /stop ~/path (/b) https://example.org/@bob 👩‍👩‍👧‍👦

                - one
                  1. two
                - [x] done

                | a | b |
                |---|---|
                | 日本 | 2 |

                > quoted
                > ```swift
                > let a = 1 < 2
                > ```

                ```python
                print("<x>")
                ```
                """
            try await adapter.post(self.message(TelegramFormattingTests.markup(markdown), Self.group))
            let shown = try #require(telegram.shownByBot(in: Self.group).last)
            #expect(telegram.pings.isEmpty)
            let types = Set(shown.entities.map { "\($0.type)" })
            #expect(types.isDisjoint(with: ["mention", "bot_command"]))
            #expect(
                types.isSuperset(of: ["bold", "italic", "strikethrough", "code", "text_link", "pre", "blockquote"]))
            #expect(shown.markup.contains("<pre><code class=\"language-python\">print(\"&lt;x&gt;\")</code></pre>"))
            #expect(shown.text.contains("• one\n   1. two\n☑ done"))
        }
    }

    @Test("In a group with privacy mode, a mention, its answer and the reply to that share a thread")
    func group() async throws {
        try await Self.with { telegram, adapter, sink in
            telegram.say("nobody listens", as: Self.ada, in: Self.group)
            let asked = telegram.say("@\(telegram.username) what now?", as: Self.ada, in: Self.group)
            let heard = try #require(await sink.message("what now?"))
            #expect(heard.isAddressed && heard.thread.value == "\(Self.group)/\(asked)")
            let answer = try await adapter.post(self.message("this", Self.group, replyTo: heard.route.replyTo))
            expectEqual(telegram.shownByBot(in: Self.group).last?.replyTo, asked)
            sink.remember(answer, in: heard.thread)
            telegram.say("and then?", as: Self.bob, in: Self.group, replyTo: Int(answer.id))
            let further = try #require(await sink.message("and then?"))
            #expect(further.isAddressed && further.isThreaded && further.thread == heard.thread)
            telegram.say("/help@OtherBot", as: Self.bob, in: Self.group)
            telegram.say("/help@\(telegram.username)", as: Self.bob, in: Self.group)
            await expectEqual(sink.message("/help")?.isAddressed, true)
            expectEqual(sink.messages.count, 3)
        }
    }

    @Test("Topics are threads, except the general one; a deleted topic is left out")
    func topics() async throws {
        try await Self.with { telegram, adapter, sink in
            // The first message id is the general topic's.
            telegram.say("first", as: Self.ada, in: Self.forum)
            let topic = telegram.makeTopic("Work", as: Self.ada, in: Self.forum)
            telegram.say("@\(telegram.username) in topic", as: Self.ada, in: Self.forum, topic: topic)
            let heard = try #require(await sink.message("in topic"))
            #expect(heard.route.anchor == "\(topic)" && heard.thread.value == "\(Self.forum)/\(topic)")
            #expect(heard.isAddressed && heard.isThreaded)
            try await adapter.post(self.message("yes", Self.forum, topic: heard.route.anchor))
            expectEqual(telegram.shownByBot(in: Self.forum).last?.thread, topic)
            telegram.say("@\(telegram.username) in general", as: Self.ada, in: Self.forum)
            let general = try #require(await sink.message("in general"))
            expectEqual(general.route.anchor, nil)
            try await adapter.post(self.message("here", Self.forum, replyTo: general.route.replyTo))
            telegram.deleteTopic(topic, in: Self.forum)
            try await adapter.post(self.message("still", Self.forum, topic: "\(topic)"))
            expectEqual(telegram.shownByBot(in: Self.forum).last?.text, "still")
        }
    }

    @Test("A button is a command; forged data is refused")
    func buttons() async throws {
        try await Self.with { telegram, adapter, sink in
            let posted = try await adapter.post(
                self.message("Run it?", Self.group, buttons: [MessageButton(label: "Approve", command: "approve 17")]))
            let message = try #require(Int(posted.id))
            let query = try #require(telegram.press("Approve", on: message, as: Self.bob, in: Self.group))
            await sink.wait { events, _ in !events.isEmpty }
            let choice = try #require(sink.events.first?.choice)
            #expect(choice.kind == .button("approve 17") && choice.sender.id == "telegram:\(Self.bob)")
            expectEqual(choice.target, posted)
            try await telegram.wait { $0.answer(to: query) != nil }
            let forged = telegram.press(data: "approve 99", on: message, as: Self.bob, in: Self.group)
            try await telegram.wait { $0.answer(to: forged) != nil }
            expectEqual(sink.events.count, 1)
        }
    }

    @Test("Files are sent and received, and an album is one message")
    func files() async throws {
        try await Self.with { telegram, adapter, sink in
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
            telegram.upload(
                .document("a \"b\".bin", bytes, type: "application/x-test"), caption: "look", as: Self.ada,
                in: Self.ada)
            let heard = try #require(await sink.message("look"))
            let file = try #require(heard.attachments.first)
            #expect(file.name == "a \"b\".bin" && file.size == bytes.count && file.mediaType == "application/x-test")
            let fetched = Protected<[UInt8]>([])
            try await adapter.download(file) { piece in fetched.withLock { $0 += piece } }
            expectEqual(fetched.withLock { $0 }, bytes)
            let reference = try await adapter.upload(
                OutgoingFile(
                    name: "diff ä.patch", mediaType: "text/x-diff", bytes: bytes, caption: "the diff",
                    route: heard.route, token: "t"))
            let shown = try #require(telegram.shown(Int(reference.id) ?? 0, in: Self.ada))
            #expect(shown.bytes == bytes && shown.fileName == "diff ä.patch" && shown.text == "the diff")
            telegram.uploadAlbum(
                [.photo([1]), .photo([2]), .photo([3])], caption: "three", as: Self.ada, in: Self.ada)
            await expectEqual(sink.message("three")?.attachments.count, 3)
        }
    }

    @Test("A draft grows in a private chat and ends with the message; its stop button is a command")
    func drafts() async throws {
        try await Self.with { telegram, adapter, sink in
            #expect(adapter.traits(of: self.message("", Self.ada).route.room).capabilities.contains(.drafts))
            let route = self.message("", Self.ada).route
            for text in ["one", "one <b>two</b>"] {
                try await adapter.draft(OutgoingMessage(text: text, route: route, token: "turn", stage: .preview))
            }
            let draft = try #require(telegram.drafts(in: Self.ada).last)
            #expect(draft.text == "one two" && draft.count == 2 && telegram.drafts(in: Self.ada).count == 1)
            #expect(telegram.stopDraft(draft.id, in: Self.ada))
            await expectEqual(sink.message("/stop")?.thread.value, "\(Self.ada)")
            try await adapter.post(self.message("one two three", Self.ada))
            #expect(telegram.drafts(in: Self.ada).isEmpty)
            await #expect(throws: AdapterError.self) { try await adapter.draft(self.message("x", Self.group)) }
        }
    }

    @Test("A migration to a supergroup is followed, whether a refusal or an update reports it first")
    func migration() async throws {
        try await Self.with { telegram, adapter, sink in
            let old: Int64 = -500
            telegram.addGroup(old, "Small", members: [Self.ada], kind: .group)
            // The refusal reports the migration before the bot receives the update.
            telegram.holdUpdates(10)
            let new = telegram.migrate(old, by: Self.ada)
            let posted = try await adapter.post(self.message("x", old))
            expectEqual(posted.room.name, "\(new)")
            telegram.release()
            await sink.wait { events, _ in events.count >= 2 }
            expectEqual(Set(sink.events.map(\.id)), ["migration/\(old)/\(new)"])
        }
    }

    @Test("An edit counts only if its text is readable")
    func edits() async throws {
        try await Self.with { telegram, _, sink in
            let said = telegram.say("one", as: Self.ada, in: Self.ada)
            await sink.message("one")
            telegram.edit(said, in: Self.ada, to: nil)
            telegram.edit(said, in: Self.ada, to: "two")
            await sink.wait { events, _ in events.count == 2 }
            let edit = try #require(sink.events.last?.edit)
            #expect(edit.text == "two" && edit.reference.id == "\(said)")
        }
    }

    @Test("An update delivered twice keeps its id")
    func twice() async throws {
        try await Self.with { telegram, _, sink in
            telegram.doubleUpdates(1)
            telegram.say("one", as: Self.ada, in: Self.ada)
            telegram.say("two", as: Self.ada, in: Self.ada)
            await sink.wait { events, _ in events.count == 3 }
            expectEqual(sink.events[0].id, sink.events[1].id)
        }
    }
}
