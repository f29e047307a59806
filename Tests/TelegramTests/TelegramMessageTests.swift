import Chat
import JSON
import Telegram
import TestSupport
import Testing

@Suite("Received messages")
struct TelegramMessageTests {
    private func read(_ updates: JSON...) throws -> [TelegramIncoming] {
        let transcript = try Transcript()
        transcript.start()
        transcript.answer(.poll, .array(updates))
        return transcript.store()
    }

    @Test("A private chat is one thread")
    func direct() throws {
        let message = try #require(try self.read(Sample.message(1, " hello ")).first?.message)
        #expect(message.thread.value == "42" && message.route.room.name == "42")
        #expect(message.route.replyTo == "10" && message.route.anchor == nil)
        #expect(message.text == "hello" && message.isDirect && !message.isBacklog)
        #expect(message.sender.id == "telegram:42" && message.sender.displayName == "Ann B")
        expectEqual(message.sentAt, 1_800_000_000_000)
    }

    @Test(
        "The start button means help, and a link with a code pairs",
        arguments: [("/start", "/help"), ("/start AB-CD", "/pair AB-CD")])
    func start(text: String, expected: String) throws {
        try expectEqual(self.read(Sample.message(1, text)).first?.message?.text, expected)
    }

    @Test("A command copied from an answer is a command")
    func copiedCommand() throws {
        try expectEqual(self.read(Sample.message(1, "/\u{2060}stop all")).first?.message?.text, "/stop all")
    }

    @Test("Each topic in a private chat is a separate thread")
    func directTopic() throws {
        let more: JSONObject = ["message_thread_id": 7, "is_topic_message": true]
        let message = try #require(try self.read(Sample.message(1, "x", more: more)).first?.message)
        #expect(message.thread.value == "42/7" && message.route.anchor == "7")
    }

    @Test("Messages sent before the run are backlog")
    func backlog() throws {
        let message = try self.read(Sample.message(1, "x", more: ["date": 1_799_999_000])).first?.message
        expectEqual(message?.isBacklog, true)
    }

    @Test(
        "In a group, a mention, a command with the bot's name or a reply to it addresses the bot",
        arguments: [
            ("@JetBot what now", ["entities": [Sample.entity("mention", 0, 7)]], "what now", true),
            ("@jetbot: now", ["entities": [Sample.entity("mention", 0, 7)]], "now", true),
            ("well @JetBot", ["entities": [Sample.entity("mention", 5, 7)]], "well @JetBot", true),
            ("@JetBotty x", ["entities": [Sample.entity("mention", 0, 9)]], "@JetBotty x", false),
            ("/help@JetBot me", [:], "/help me", true),
            ("@JetBot /help", ["entities": [Sample.entity("mention", 0, 7)]], "/help", true),
            ("/help", [:], "/help", false),
            ("plain", [:], "plain", false),
            ("yes", ["reply_to_message": Sample.reply(9, from: 999)], "yes", true),
            ("no", ["reply_to_message": Sample.reply(9, from: 41)], "no", false),
            (
                "Jet hi",
                ["entities": [["type": "text_mention", "offset": 0, "length": 3, "user": ["id": 999]]]], "Jet hi", true
            ),
        ] as [(String, JSONObject, String, Bool)])
    func addressed(text: String, more: JSONObject, expected: String, isAddressed: Bool) throws {
        let message = try #require(
            try self.read(Sample.message(1, text, chat: Sample.group, more: more)).first?.message)
        expectEqual(message.text, expected)
        #expect(message.isAddressed == isAddressed && !message.isDirect)
        let isReply = more["reply_to_message"] != nil
        #expect(message.isMention == (isAddressed && !isReply) && message.isReply == (isAddressed && isReply))
    }

    @Test(
        "A mention of somebody else is not mistaken for a mention of the bot or of the writer",
        arguments: [
            ("@bob can you look?", ["entities": [Sample.entity("mention", 0, 4)]], false, true),
            ("@JetBax can you look?", ["entities": [Sample.entity("mention", 0, 7)]], false, true),
            (
                "@JetBot ask @bob", ["entities": [Sample.entity("mention", 0, 7), Sample.entity("mention", 12, 4)]],
                true, true
            ),
            (
                "Bob look", ["entities": [["type": "text_mention", "offset": 0, "length": 3, "user": ["id": 43]]]],
                false, true
            ),
            ("bob@example.org", ["entities": [Sample.entity("email", 0, 15)]], false, false),
            ("@JetBot what now", ["entities": [Sample.entity("mention", 0, 7)]], true, false),
        ] as [(String, JSONObject, Bool, Bool)])
    func others(text: String, more: JSONObject, isMention: Bool, mentionsOthers: Bool) throws {
        let message = try #require(
            try self.read(Sample.message(1, text, chat: Sample.group, more: more)).first?.message)
        #expect(message.isMention == isMention && message.mentionsOthers == mentionsOthers)
    }

    @Test("The bot's name alone is delivered, another one's is not empty")
    func bare() throws {
        let mention: JSONObject = ["entities": [Sample.entity("mention", 0, 7)]]
        let message = try #require(
            try self.read(Sample.message(1, "@JetBot", chat: Sample.group, more: mention)).first?.message)
        #expect(message.text.isEmpty && message.isMention)
        #expect(message.repliedText == nil)
        for (author, text) in [(41, "why does it fail?"), (43, nil), (999, nil)] as [(Int64, String?)] {
            var reply: JSONObject = mention
            reply["reply_to_message"] = [
                "message_id": 9, "from": Sample.user(author, isBot: author == 999), "text": "why does it fail?",
            ]
            let asked = try #require(
                try self.read(Sample.message(3, "@JetBot", chat: Sample.group, from: 41, more: reply)).first?.message)
            #expect(asked.text.isEmpty && asked.repliedText == text)
        }
        try expectEqual(self.read(Sample.message(2, "", chat: Sample.group)).count, 0)
    }

    @Test("A command for another bot is ignored")
    func otherBot() throws {
        #expect(try self.read(Sample.message(1, "/help@OtherBot", chat: Sample.group)).isEmpty)
    }

    @Test("In a group, a mention begins a thread, and a reply stays in its thread")
    func chains() throws {
        let incoming = try self.read(
            Sample.message(1, "@JetBot a", chat: Sample.group, id: 10),
            Sample.message(
                2, "b", chat: Sample.group, id: 12,
                more: ["message_thread_id": 10, "reply_to_message": Sample.reply(11, from: 999)]),
            Sample.message(3, "c", chat: Sample.basic, id: 13, more: ["reply_to_message": Sample.reply(9, from: 41)]))
        expectEqual(incoming.map { $0.message?.thread.value }, ["-1001/10", "-1001/10", "-55/9"])
        expectEqual(incoming.map { $0.message?.route.anchor }, [nil, nil, nil])
        expectEqual(incoming.map { $0.answered?.id }, [nil, "11", "9"])
        expectEqual(incoming.map { $0.message?.isThreaded }, [false, true, true])
        let known = ThreadKey(adapter: Transcript.adapter, value: "-1001/4")
        let message = try #require(incoming[1].event(in: known)?.message)
        #expect(message.thread == known && message.text == "b" && message.route.replyTo == "12")
    }

    @Test("A topic is a thread; its first message is not a reply")
    func topics() throws {
        let root: JSON = ["message_id": 7, "from": Sample.user(999, isBot: true), "forum_topic_created": ["name": "N"]]
        let message = try #require(
            try self.read(
                Sample.message(
                    1, "x", chat: Sample.group,
                    more: ["message_thread_id": 7, "is_topic_message": true, "reply_to_message": root])
            ).first?.message)
        #expect(message.thread.value == "-1001/7" && message.route.anchor == "7")
        #expect(message.isThreaded && !message.isAddressed)
    }

    @Test("The general topic is not used for sending")
    func general() throws {
        let message = try #require(
            try self.read(
                Sample.message(
                    1, "x", chat: Sample.group,
                    more: [
                        "chat": Sample.chat(Sample.group, isForum: true), "message_thread_id": 5,
                        "reply_to_message": Sample.reply(5, from: 999),
                    ])
            ).first?.message)
        #expect(message.route.anchor == nil && message.thread.value == "-1001/5")
    }

    @Test(
        "Bots, relayed messages and channels are ignored",
        arguments: [
            ["from": Sample.user(7, isBot: true)], ["from": Sample.user(777_000)], ["is_automatic_forward": true],
            ["via_bot": Sample.user(7, isBot: true)], ["chat": ["id": -100, "type": "channel"]], ["from": .null],
        ] as [JSONObject])
    func ignored(more: JSONObject) throws {
        #expect(try self.read(Sample.message(1, "x", chat: Sample.group, more: more)).isEmpty)
    }

    @Test("A person who speaks for a group or channel is identified by its id, not by the placeholder account")
    func senderChat() throws {
        let more: JSONObject = [
            "from": Sample.user(1_087_968_824, isBot: true), "sender_chat": Sample.chat(Sample.group),
        ]
        let message = try self.read(Sample.message(1, "x", chat: Sample.group, more: more)).first?.message
        #expect(message?.sender.id == "telegram:-1001" && message?.sender.displayName == "Team")
    }

    @Test("Files arrive with their captions, and photos in the largest size")
    func files() throws {
        let photo: JSON = [
            ["file_id": "small", "file_size": 1], ["file_id": "large", "file_size": 9],
        ]
        let document: JSON = ["file_id": "D", "file_name": "a.zip", "mime_type": "application/zip", "file_size": 9]
        let incoming = try self.read(
            Sample.message(1, "", more: ["text": .null, "caption": "see", "document": document]),
            Sample.message(2, "", id: 11, more: ["photo": photo]),
            Sample.message(3, "", id: 12, more: ["audio": ["file_id": "A", "mime_type": "audio/mpeg"]]))
        let attachments = incoming.compactMap(\.message?.attachments.first)
        expectEqual(attachments.map(\.id), ["D", "large", "A"])
        expectEqual(attachments.map(\.name), ["a.zip", "photo-11.jpg", "audio.mp3"])
        expectEqual(attachments.map(\.size), [9, 9, nil])
        expectEqual(attachments[1].mediaType, "image/jpeg")
    }

    @Test("Code and links in a message become Markdown")
    func markdown() throws {
        let entities: JSON = [
            ["type": "pre", "offset": 5, "length": 5, "language": "swift"], Sample.entity("code", 12, 1),
            ["type": "text_link", "offset": 14, "length": 4, "url": "https://x.org"],
        ]
        let message = try self.read(Sample.message(1, "👍 x\nlet a\n c link", more: ["entities": entities])).first?
            .message
        expectEqual(message?.text, "👍 x\n```swift\nlet a\n```\n `c` [link](https://x.org)")
    }

    @Test("An edit counts only if the text has changed")
    func edits() throws {
        let transcript = try Transcript()
        transcript.start()
        transcript.poll(Sample.message(1, "a"))
        let edited = transcript.poll(
            Sample.message(2, "a", more: ["edit_date": 2], kind: "edited_message"),
            Sample.message(3, "b", more: ["edit_date": 3], kind: "edited_message"),
            Sample.message(4, "b", more: ["edit_date": 4], kind: "edited_message"))
        expectEqual(edited.compactMap(\.edit?.text), ["b"])
        expectEqual(edited.first?.edit?.reference, Transcript.reference(42, 10))
        expectEqual(edited.first?.edit?.sender.id, "telegram:42")
    }

    @Test("A voice message for the bot is refused with one line, in a group at most once a minute")
    func voice() throws {
        let transcript = try Transcript()
        transcript.start()
        let note: JSONObject = ["text": .null, "voice": ["file_id": "V"]]
        let first = transcript.poll(Sample.message(1, "", more: note), Sample.message(2, "", id: 11, more: note))
        #expect(first.count == 2 && first.allSatisfy { $0.event == nil })
        expectEqual(first.map { $0.calls.first?.method }, ["sendMessage", "sendMessage"])
        #expect(transcript.poll(Sample.message(3, "", chat: Sample.group, more: note)).isEmpty)
        let answer = note.merging(["reply_to_message": Sample.reply(9, from: 999)])
        expectEqual(transcript.poll(Sample.message(4, "", chat: Sample.group, more: answer)).count, 1)
        #expect(transcript.poll(Sample.message(5, "", chat: Sample.group, more: answer)).isEmpty)
        transcript.pass(61_000)
        expectEqual(transcript.poll(Sample.message(6, "", chat: Sample.group, more: answer)).count, 1)
    }

    @Test("Where voices are heard, voice messages and round videos are attached, but not those that are forwarded")
    func heardVoice() throws {
        let transcript = try Transcript(hearsVoices: true)
        transcript.start()
        let incoming = transcript.poll(
            Sample.message(
                1, "", more: ["text": .null, "voice": ["file_id": "V", "mime_type": "audio/ogg", "file_size": 9]]),
            Sample.message(2, "", id: 11, more: ["text": .null, "video_note": ["file_id": "R"]]),
            Sample.message(
                3, "", id: 12,
                more: [
                    "text": .null, "voice": ["file_id": "F"],
                    "forward_origin": ["type": "hidden_user", "sender_user_name": "Eve"],
                ]))
        let notes = incoming.compactMap(\.event?.message).flatMap(\.attachments)
        expectEqual(
            notes,
            [
                Attachment(id: "V", name: "voice.ogg", mediaType: "audio/ogg", size: 9, isVoice: true),
                Attachment(id: "R", name: "video.mp4", isVoice: true),
            ])
        expectEqual(
            incoming.last?.calls.first?.parameters["text"],
            "Forwarded voice messages cannot be read here. Please send your message as text.")
    }

    @Test("A migration to a supergroup is reported by both chats under the same id")
    func migration() throws {
        let transcript = try Transcript()
        transcript.start()
        let incoming = transcript.poll(
            Sample.message(1, "", chat: -55, more: ["migrate_to_chat_id": -1_009]),
            Sample.message(2, "", chat: -1_009, more: ["migrate_from_chat_id": -55]))
        expectEqual(incoming.map(\.event?.id), ["migration/-55/-1009", "migration/-55/-1009"])
        let renaming = try #require(incoming.first?.event?.renaming)
        #expect(renaming.from.name == "-55" && renaming.to.name == "-1009")
        expectEqual(transcript.memories().last?.migrations, [-55: -1_009])
        let (calls, _) = transcript.run(.post(Transcript.message("x", -55)), Transcript.sent(-1_009, 1))
        expectEqual(calls.first?.parameters["chat_id"], -1_009)
    }

    @Test("Nothing is sent to a group that removed the bot until it is back")
    func membership() throws {
        func change(_ update: Int64, _ status: String) -> JSON {
            [
                "update_id": .integer(update),
                "my_chat_member": ["chat": Sample.chat(-55), "new_chat_member": ["status": .string(status)]],
            ]
        }
        let transcript = try Transcript()
        transcript.start()
        transcript.poll(change(1, "kicked"))
        let error = transcript.run(.post(Transcript.message("x", -55))).1.error
        #expect(error?.code == .forbidden && error?.isOfRoom == true)
        let returned = transcript.poll(change(2, "member")).compactMap(\.event?.kind)
        guard case .roomReturned(let room)? = returned.first else {
            Issue.record("the core does not hear of it: \(returned)")
            return
        }
        expectEqual(room.name, "-55")
        #expect(transcript.run(.post(Transcript.message("x", -55)), Transcript.sent(-55, 1)).1.outcome != nil)
    }

    @Test("The stop button below a draft counts as the command")
    func stopButton() throws {
        let update: JSON = ["update_id": 1, "stopped_message_generation": ["chat": Sample.chat(42), "draft_id": 7]]
        let message = try self.read(update).first?.message
        // Sent again after a restart, it is the same event.
        let transcript = try Transcript()
        transcript.start()
        transcript.pass(60_000)
        expectEqual(transcript.poll(update).first?.event?.id, "stop/1/7")
        try expectEqual(self.read(update).first?.event?.id, "stop/1/7")
        #expect(message?.text == "/stop" && message?.thread.value == "42" && message?.sender.id == "telegram:42")
    }
}
