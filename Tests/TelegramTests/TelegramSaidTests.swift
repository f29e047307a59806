import Chat
import JSON
import Telegram
import TestSupport
import Testing

@Suite("What was said beside a question")
struct TelegramSaidTests {
    private static let mention: JSONObject = ["entities": [Sample.entity("mention", 0, 7)]]

    private func read(_ text: String, chat: Int64 = Sample.group, _ more: JSONObject) throws -> InboundMessage {
        let transcript = try Transcript()
        transcript.start()
        let mention = text.hasPrefix("@JetBot") ? Self.mention : [:]
        let update = Sample.message(1, text, chat: chat, more: more.merging(mention))
        return try #require(transcript.poll(update).first?.message)
    }

    private func reply(from user: Int64, _ more: JSONObject) -> JSON {
        var reply: JSONObject = [
            "message_id": 5, "date": 1_799_999_000, "chat": Sample.chat(Sample.group),
            "from": Sample.user(user, isBot: user == 999),
        ]
        reply.merge(more)
        return .object(reply)
    }

    // MARK: Replies

    @Test("A reply carries the message that it answers, with its author and files")
    func reply() throws {
        let answered = self.reply(
            from: 43, ["caption": "broke with GIRAFFE11", "photo": [["file_id": "s"], ["file_id": "P"]]])
        let message = try self.read("@JetBot what does this mean?", ["reply_to_message": answered])
        expectEqual(message.text, "what does this mean?")
        let said = try #require(message.enclosed.first)
        #expect(message.enclosed.count == 1 && said.relation == .repliedTo && said.text == "broke with GIRAFFE11")
        #expect(said.author?.id == "telegram:43" && said.name == "Ann B" && said.author?.isBot == false)
        expectEqual(said.reference, Transcript.reference(Sample.group, 5))
        expectEqual(said.sentAt, 1_799_999_000_000)
        expectEqual(said.attachments.map(\.id), ["P"])
    }

    @Test("The quoted part comes along, also of the bot's own message, which itself does not")
    func quote() throws {
        let quote: JSON = ["text": "Plan B", "position": 7, "is_manual": true]
        let own = self.reply(from: 999, ["text": "Plan A, Plan B"])
        let message = try self.read("elaborate", chat: 42, ["reply_to_message": own, "quote": quote])
        expectEqual(message.enclosed.map(\.relation), [.quoted])
        expectEqual(message.enclosed.first?.text, "Plan B")
        expectEqual(message.enclosed.first?.author?.isSelf, true)
        let other = self.reply(from: 43, ["text": "Plan A, Plan B"])
        let both = try self.read("@JetBot this?", ["reply_to_message": other, "quote": quote])
        expectEqual(both.enclosed.map(\.relation), [.repliedTo, .quoted])
        #expect(try self.read("go on", chat: 42, ["reply_to_message": own]).enclosed.isEmpty)
    }

    @Test("A bare mention carries what it answers, whoever wrote that")
    func bare() throws {
        let own = self.reply(from: 999, ["text": "It failed"])
        expectEqual(try self.read("@JetBot", ["reply_to_message": own]).enclosed.map(\.text), ["It failed"])
        let other = self.reply(from: 43, ["text": "E42"])
        expectEqual(try self.read("@JetBot", ["reply_to_message": other]).enclosed.map(\.text), ["E42"])
    }

    @Test("An answer to a message in another chat carries its origin and the quoted part")
    func external() throws {
        let external: JSON = [
            "origin": ["type": "channel", "date": 5, "chat": ["id": -100, "type": "channel", "title": "News"]],
            "photo": [["file_id": "P"]], "message_id": 3,
        ]
        let message = try self.read(
            "what is this?", chat: 42, ["external_reply": external, "quote": ["text": "the part", "position": 0]])
        expectEqual(message.enclosed.map(\.relation), [.repliedTo, .quoted])
        expectEqual(message.enclosed.map(\.name), ["News", "News"])
        expectEqual(message.enclosed.map(\.text), ["", "the part"])
        expectEqual(message.enclosed.first?.attachments.map(\.id), ["P"])
        #expect(!message.isReply)
    }

    @Test("Being in a topic is no reply to its first message")
    func topic() throws {
        let root: JSON = ["message_id": 7, "from": Sample.user(42), "forum_topic_created": ["name": "N"]]
        let message = try self.read(
            "@JetBot x", ["message_thread_id": 7, "is_topic_message": true, "reply_to_message": root])
        #expect(message.enclosed.isEmpty)
    }

    // MARK: Without a text

    @Test(
        "In a private chat what has no text is told as one",
        arguments: [
            (["sticker": ["emoji": "👍", "file_id": "s"]], "👍 (sticker)"),
            (["location": ["latitude": 48.85, "longitude": 2.29]], "📍 48.85, 2.29"),
            (
                [
                    "location": ["latitude": 48.85, "longitude": 2.29],
                    "venue": [
                        "location": ["latitude": 48.85, "longitude": 2.29], "title": "Tower", "address": "Paris",
                    ],
                ], "📍 Tower, Paris (48.85, 2.29)"
            ),
            (
                ["contact": ["phone_number": "+1555", "first_name": "Bob", "last_name": "C"]],
                "👤 Bob C (contact)"
            ),
            (["poll": ["question": "Lunch?", "options": [["text": "yes"], ["text": "no"]]]], "📊 Lunch?\n- yes\n- no"),
            (["dice": ["emoji": "🎲", "value": 4]], "🎲 4"),
            (
                [
                    "checklist": [
                        "title": "To do",
                        "tasks": [["id": 1, "text": "a", "completion_date": 5], ["id": 2, "text": "b"]],
                    ]
                ], "☑️ To do\n- [x] a\n- [ ] b"
            ),
            (
                [
                    "rich_message": [
                        "blocks": [
                            ["type": "paragraph", "text": ["Hello ", ["type": "bold", "text": "you"]]],
                            ["type": "list", "items": [["text": "one"], ["text": "two"]]],
                        ]
                    ]
                ], "Hello you\none\ntwo"
            ),
        ] as [(JSONObject, String)])
    func things(more: JSONObject, text: String) throws {
        expectEqual(try self.read("", chat: 42, more.merging(["text": .null])).text, text)
    }

    @Test("Short pieces of a rich text are no long run of marks together")
    func pieces() throws {
        let marks = JSON.string(String(repeating: "\u{301}", count: 100))
        let block: JSON = ["type": "paragraph", "text": .array(["x", marks, ["type": "bold", "text": marks]])]
        let text = try self.read("", chat: 42, ["text": .null, "rich_message": ["blocks": [block]]]).text
        expectEqual(text.unicodeScalars.count { $0 == "\u{34F}" }, 6)
    }

    @Test(
        "In a group such a message alone is not for the bot, nor is a service message in a private chat",
        arguments: [
            (-1_001, ["sticker": ["emoji": "👍"]]), (-1_001, ["poll": ["question": "Lunch?"]]),
            (-1_001, ["location": ["latitude": 1, "longitude": 2]]), (42, ["pinned_message": ["message_id": 3]]),
            (42, ["location": ["latitude": 1_000, "longitude": 2]]),
        ] as [(Int64, JSONObject)])
    func passedOver(chat: Int64, more: JSONObject) throws {
        let transcript = try Transcript()
        transcript.start()
        #expect(transcript.poll(Sample.message(1, "", chat: chat, more: more.merging(["text": .null]))).isEmpty)
    }

    // MARK: What was said in a group

    private func past(
        _ transcript: Transcript, topic: Int64? = nil, before: Int64? = nil, after: Int64? = nil, since: Int64 = 0,
        limit: Int = 50
    ) -> RoomPast {
        transcript.machine.past(
            of: PastQuery(
                route: Transcript.route(Sample.group, topic: topic),
                before: before.map { Transcript.reference(Sample.group, $0) },
                after: after.map { Transcript.reference(Sample.group, $0) }, since: since, limit: limit))
    }

    private func say(
        _ transcript: Transcript, _ id: Int64, _ text: String, from: Int64 = 43, _ more: JSONObject = [:],
        kind: String = "message"
    ) {
        transcript.poll(
            Sample.message(
                id, text, chat: Sample.group, id: id, from: from,
                more: more.merging(["date": .integer(1_800_000_000 + id)]), kind: kind))
    }

    @Test("What was said in a group is remembered in order, with edits, without the question")
    func remembered() throws {
        let transcript = try Transcript()
        transcript.start()
        self.say(transcript, 1, "it broke")
        self.say(transcript, 2, "since when?", from: 44)
        self.say(transcript, 3, "yesterday")
        self.say(transcript, 1, "it broke twice", ["edit_date": 5], kind: "edited_message")
        self.say(transcript, 4, "@JetBot why?", from: 42, Self.mention)
        self.say(transcript, 5, "later")
        let messages = self.past(transcript, before: 4).messages
        expectEqual(messages.map(\.text), ["it broke twice", "since when?", "yesterday"])
        expectEqual(messages.map(\.author?.id), ["telegram:43", "telegram:44", "telegram:43"])
        expectEqual(messages.first?.reference, Transcript.reference(Sample.group, 1))
        expectEqual(messages.first?.sentAt, 1_800_000_001_000)
        expectEqual(self.past(transcript, before: 4, limit: 2).messages.map(\.text), ["since when?", "yesterday"])
        expectEqual(self.past(transcript, before: 4, since: 1_800_000_003_000).messages.map(\.text), ["yesterday"])
        expectEqual(self.past(transcript, after: 3).messages.map(\.text), ["@JetBot why?", "later"])
        // The question is no longer, or not yet, remembered.
        #expect(self.past(transcript, before: 99).messages.isEmpty)
    }

    @Test("The bot's own messages are lines, as they are now")
    func own() throws {
        let transcript = try Transcript()
        transcript.start()
        for id in [50, 51] as [Int64] {
            _ = transcript.run(
                .post(Transcript.message("one <b>two</b>", Sample.group)), Transcript.sent(Sample.group, id))
        }
        _ = transcript.run(
            .edit(Transcript.reference(Sample.group, 50), Transcript.message("three", Sample.group)), .result(true))
        _ = transcript.run(.delete(Transcript.reference(Sample.group, 51)), .result(true))
        let messages = self.past(transcript).messages
        expectEqual(messages.map(\.text), ["three"])
        #expect(messages.first?.author?.isSelf == true)
        expectEqual(messages.first?.reference, Transcript.reference(Sample.group, 50))
    }

    @Test("Each topic has its own lines, and a private chat none: its messages are all for the bot")
    func places() throws {
        let transcript = try Transcript()
        transcript.start()
        self.say(transcript, 1, "outside")
        self.say(transcript, 2, "inside", ["message_thread_id": 7, "is_topic_message": true])
        transcript.poll(Sample.message(3, "private"))
        expectEqual(self.past(transcript).messages.map(\.text), ["outside"])
        expectEqual(self.past(transcript, topic: 7).messages.map(\.text), ["inside"])
        let query = PastQuery(route: Transcript.route(42), before: nil, since: 0, limit: 9)
        #expect(transcript.machine.past(of: query).messages.isEmpty)
    }

    @Test("Of 60 messages the newest 50 are remembered, and none twice")
    func bounded() throws {
        let transcript = try Transcript()
        transcript.start()
        for id in Int64(1)...60 { self.say(transcript, id, "m\(id)") }
        self.say(transcript, 60, "m60")
        let texts = self.past(transcript).messages.map(\.text)
        expectEqual(texts, (11...60).map { "m\($0)" })
    }

    @Test("A forward in a group is its author's words, and the parts of a question are the question's")
    func others() throws {
        let transcript = try Transcript()
        transcript.start()
        self.say(transcript, 1, "secret", ["forward_origin": ["type": "hidden_user", "sender_user_name": "Eve"]])
        let long = "@JetBot " + String(repeating: "a", count: 4_088)
        self.say(transcript, 2, long, from: 42, Self.mention)
        self.say(transcript, 3, "rest", from: 42, ["date": 1_800_000_002])
        let messages = self.past(transcript).messages
        expectEqual(messages.first?.name, "Eve, forwarded by Ann B")
        #expect(messages.first?.author == nil)
        expectEqual(messages.dropFirst().compactMap(\.reference?.id), ["2", "2"])
    }

    @Test("What privacy mode keeps from the bot is said, unless it sees everything all the same")
    func privacy() throws {
        let transcript = try Transcript()
        transcript.start()
        self.say(transcript, 1, "@JetBot hi", Self.mention)
        #expect(self.past(transcript).missing?.contains("/setprivacy") == true)
        self.say(transcript, 2, "among us")
        #expect(self.past(transcript).missing == nil)
    }

    @Test("Nothing is kept of a group that the bot has left, or of one that has become another")
    func forgotten() throws {
        let transcript = try Transcript()
        transcript.start()
        self.say(transcript, 1, "a")
        let kick: JSON = [
            "update_id": 2,
            "my_chat_member": ["chat": Sample.chat(Sample.group), "new_chat_member": ["status": "kicked"]],
        ]
        transcript.poll(kick)
        #expect(self.past(transcript).messages.isEmpty)
    }
}
