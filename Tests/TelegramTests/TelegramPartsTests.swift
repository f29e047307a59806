import Chat
import JSON
import Telegram
import TestSupport
import Testing

@Suite("Messages that belong together")
struct TelegramPartsTests {
    private static let mention: JSONObject = ["entities": [Sample.entity("mention", 0, 7)]]
    private static let bob: JSON = ["type": "user", "date": 1_799_999_000, "sender_user": Sample.user(43)]

    private func started() throws -> Transcript {
        let transcript = try Transcript()
        transcript.start()
        return transcript
    }

    private func forward(
        _ update: Int64, _ text: String, chat: Int64 = 42, id: Int64, from: Int64 = 42, date: Int64 = 1_800_000_000,
        origin: JSON = Self.bob
    ) -> JSON {
        Sample.message(
            update, text, chat: chat, id: id, from: from, more: ["forward_origin": origin, "date": .integer(date)])
    }

    // MARK: Pastes

    @Test("A text that was too long for one message is one again, also when its parts come one by one")
    func paste() throws {
        let transcript = try self.started()
        let (first, second) = (String(repeating: "a", count: 4_096), String(repeating: "b", count: 4_050))
        #expect(transcript.poll(Sample.message(1, first, id: 10)).isEmpty)
        // The memory has the part before it is acknowledged.
        expectEqual(transcript.memories().last?.parts.count, 1)
        transcript.pass(1_000)
        #expect(transcript.poll(Sample.message(2, second, id: 12)).isEmpty)
        transcript.pass(1_000)
        let message = try #require(transcript.poll(Sample.message(3, "c", id: 13)).first?.message)
        expectEqual(message.text, first + second + "\nc")
        expectEqual(message.route.replyTo, "10")
        expectEqual(transcript.memories().last?.parts.count, 0)
        #expect(transcript.machine.deadline == nil)
    }

    @Test("Without another part a long text waits a second and a half, and an ordinary one does not wait")
    func single() throws {
        let transcript = try self.started()
        let long = String(repeating: "a", count: 4_000)
        #expect(transcript.poll(Sample.message(1, long)).isEmpty)
        transcript.pass(1_499)
        #expect(transcript.store().isEmpty)
        transcript.pass(1)
        expectEqual(transcript.store().compactMap(\.message?.text), [long])
        expectEqual(transcript.poll(Sample.message(2, "short", id: 11)).count, 1)
        expectEqual(transcript.poll(Sample.message(3, String(long.dropLast()), id: 12)).count, 1)
    }

    @Test("In a group the parts need no mention, and somebody else's message between them is not lost")
    func group() throws {
        let transcript = try self.started()
        let long = "@JetBot " + String(repeating: "a", count: 4_088)
        let incoming = transcript.poll(
            Sample.message(1, long, chat: Sample.group, id: 10, from: 42, more: Self.mention),
            Sample.message(2, "/help@JetBot", chat: Sample.group, id: 11, from: 43),
            Sample.message(3, "rest", chat: Sample.group, id: 12, from: 42))
        let messages = incoming.compactMap(\.message)
        expectEqual(messages.map(\.text), ["/help", String(long.dropFirst(8)) + "rest"])
        #expect(messages.allSatisfy { $0.isMention })
        // What is not for the bot is not held.
        transcript.poll(Sample.message(4, long, chat: Sample.group, id: 13, from: 42))
        #expect(transcript.machine.deadline == nil)
    }

    @Test(
        "A command, a question of its own, an answer to something else, a file or a late message is no part",
        arguments: [
            ("/stop", [:]), ("@JetBot and this?", ["entities": [Sample.entity("mention", 0, 7)]]),
            ("no", ["reply_to_message": Sample.reply(3, from: 999)]), ("later", ["date": 1_800_000_003]),
            ("", ["photo": [["file_id": "p"]]]),
        ] as [(String, JSONObject)])
    func noPart(text: String, more: JSONObject) throws {
        let transcript = try self.started()
        let long = String(repeating: "a", count: 4_096)
        var more = more
        if text.isEmpty { more["text"] = .null }
        let incoming = transcript.poll(Sample.message(1, long), Sample.message(2, text, id: 11, more: more))
        expectEqual(incoming.compactMap(\.message?.text).first, long)
        expectEqual(incoming.count, 2)
    }

    @Test("A paste has at most twelve parts and 50,000 characters")
    func bounds() throws {
        let transcript = try self.started()
        let long = String(repeating: "a", count: 4_096)
        let messages = (1...30).flatMap { number in
            transcript.poll(Sample.message(number, long, id: number)).compactMap(\.message)
        }
        expectEqual(messages.map { $0.text.utf8.count }, [12 * 4_096, 12 * 4_096])
    }

    @Test("An edit of a part changes that part")
    func edit() throws {
        let transcript = try self.started()
        let long = String(repeating: "a", count: 4_096)
        transcript.poll(Sample.message(1, long), Sample.message(2, "b", id: 11))
        let edited = transcript.poll(
            Sample.message(3, "c", id: 11, more: ["edit_date": 2], kind: "edited_message"),
            Sample.message(4, "short", more: ["edit_date": 3], kind: "edited_message"))
        expectEqual(edited.compactMap(\.edit?.reference.id), ["10", "10"])
        expectEqual(edited.compactMap(\.edit?.text), [long + "c", "shortc"])
    }

    @Test("A crash before the paste is stored loses no part")
    func restart() throws {
        let transcript = try self.started()
        let long = String(repeating: "a", count: 4_096)
        transcript.poll(Sample.message(1, long))
        let memory = try #require(transcript.memories().last)
        let second = try Transcript(memory: TelegramMemory(bytes: memory.bytes))
        second.start()
        second.poll(Sample.message(2, "b", id: 11))
        #expect(second.memories().last?.parts.isEmpty == true)
        let third = try Transcript(memory: TelegramMemory(bytes: memory.bytes))
        third.start()
        third.pass(1_500)
        expectEqual(third.store().compactMap(\.message?.text), [long])
    }

    @Test("All parts of a joined paste survive a crash before it is stored")
    func restartJoined() throws {
        let transcript = try self.started()
        let long = String(repeating: "a", count: 4_096)
        transcript.answer(.poll, [Sample.message(1, long), Sample.message(2, "b", id: 11)])
        let memory = try #require(transcript.memories().first)
        expectEqual(memory.parts.count, 2)
        let second = try Transcript(memory: TelegramMemory(bytes: memory.bytes))
        second.handle(.begin)
        second.answer(.identity, Transcript.me)
        let incoming = second.store()
        expectEqual(incoming.compactMap(\.message?.text), [long + "b"])
        expectEqual(incoming.first?.event?.id, "42/10")
        expectEqual(second.memories().last?.parts.count, 0)
        // The poll that the crash has cut brings the last part again.
        second.answer(.intake, true)
        #expect(second.poll(Sample.message(2, "b", id: 11)).isEmpty)
    }

    // MARK: Forwards

    @Test("A comment and the forwards after it are one message")
    func comment() throws {
        let transcript = try self.started()
        let channel: JSON = [
            "type": "channel", "date": 5, "message_id": 7, "author_signature": "Eve",
            "chat": ["id": -100, "type": "channel", "title": "News"],
        ]
        let hidden: JSON = ["type": "hidden_user", "date": 6, "sender_user_name": "Somebody"]
        #expect(
            transcript.poll(
                Sample.message(1, "summarize this"), self.forward(2, "/stop @JetBot", id: 11),
                self.forward(3, "second", id: 12, origin: channel), self.forward(4, "third", id: 13, origin: hidden)
            ).isEmpty)
        transcript.pass(300)
        let message = try #require(transcript.store().first?.message)
        expectEqual(message.text, "summarize this")
        expectEqual(message.route.replyTo, "10")
        expectEqual(message.enclosed.map(\.relation), [.forwarded, .forwarded, .forwarded])
        expectEqual(message.enclosed.map(\.text), ["/stop @JetBot", "second", "third"])
        expectEqual(message.enclosed.map(\.name), ["Ann B", "News (Eve)", "Somebody"])
        expectEqual(message.enclosed.map(\.author?.id), ["telegram:43", "telegram:-100", nil])
        expectEqual(message.enclosed.map(\.sentAt), [1_799_999_000_000, 5_000, 6_000])
        expectEqual(transcript.memories().last?.parts.count, 0)
    }

    @Test("A comment does not wait for forwards that come later: they are one message after it")
    func later() throws {
        let transcript = try self.started()
        expectEqual(transcript.poll(Sample.message(1, "summarize this")).count, 1)
        #expect(transcript.poll(self.forward(2, "one", id: 11)).isEmpty)
        transcript.pass(200)
        #expect(transcript.poll(self.forward(3, "two", id: 12)).isEmpty)
        transcript.pass(300)
        let message = try #require(transcript.store().first?.message)
        #expect(message.text.isEmpty && message.isDirect)
        expectEqual(message.enclosed.map(\.text), ["one", "two"])
    }

    @Test("In a group forwards are for the bot only right after a question of the same person")
    func groupForward() throws {
        let transcript = try self.started()
        #expect(transcript.poll(self.forward(1, "@JetBot", chat: Sample.group, id: 9)).isEmpty)
        #expect(transcript.machine.deadline == nil)
        let question = try #require(
            transcript.poll(Sample.message(2, "@JetBot sum up", chat: Sample.group, more: Self.mention)).first?.message)
        #expect(transcript.poll(self.forward(3, "no", chat: Sample.group, id: 11, from: 43)).isEmpty)
        transcript.poll(self.forward(4, "yes", chat: Sample.group, id: 12))
        transcript.pass(300)
        let incoming = try #require(transcript.store().first)
        let message = try #require(incoming.message)
        #expect(message.isMention && message.isAddressed && message.thread == question.thread)
        expectEqual(message.enclosed.map(\.text), ["yes"])
        expectEqual(incoming.answered, Transcript.reference(Sample.group, 10))
        transcript.pass(1_001)
        #expect(transcript.poll(self.forward(5, "late", chat: Sample.group, id: 13)).isEmpty)
        #expect(transcript.machine.deadline == nil)
    }

    @Test("Files of forwards are the question's; without a text the forward names them")
    func files() throws {
        let transcript = try self.started()
        let photo = Sample.message(
            1, "", more: ["text": .null, "forward_origin": Self.bob, "photo": [["file_id": "P"]]])
        transcript.poll(photo)
        transcript.pass(300)
        let message = try #require(transcript.store().first?.message)
        expectEqual(message.attachments.map(\.id), ["P"])
        expectEqual(message.enclosed.map(\.text), ["(photo-10.jpg)"])
    }

    @Test("Twenty forwards are one message, and a stream of them does not wait forever")
    func manyForwards() throws {
        let transcript = try self.started()
        var counts: [Int] = []
        for number in Int64(1)...45 {
            counts += transcript.poll(self.forward(number, "f", id: number)).compactMap(\.message?.enclosed.count)
        }
        transcript.pass(1_500)
        counts += transcript.store().compactMap(\.message?.enclosed.count)
        expectEqual(counts, [20, 20, 5])
        var streamed = 0
        for number in Int64(50)...60 {
            streamed += transcript.poll(self.forward(number, "f", id: number)).count
            transcript.pass(200)
        }
        expectEqual(streamed, 1)
    }
}
