import Chat
import JSON
import Telegram
import TestSupport
import Testing

@Suite("Buttons and reactions")
struct TelegramButtonTests {
    private let buttons = [
        MessageButton(label: "Approve", command: "approve 17", style: .primary),
        MessageButton(label: "Deny", command: "deny 17", style: .danger),
    ]

    private func press(_ data: String, chat: Int64, from: Int64 = 42) -> JSON {
        [
            "update_id": 1,
            "callback_query": [
                "id": "c1", "from": Sample.user(from), "data": .string(data),
                "message": ["message_id": 11, "date": 0, "chat": Sample.chat(chat)],
            ],
        ]
    }

    /// Posts the buttons and returns their data.
    private func offered(_ transcript: Transcript, chat: Int64) throws -> [String] {
        let (calls, _) = transcript.run(
            .post(Transcript.message("?", chat, buttons: self.buttons)), Transcript.sent(chat, 11))
        let rows = try #require(calls.first?.parameters["reply_markup"]?["inline_keyboard"]?.arrayValue)
        expectEqual(rows.count, 1)
        expectEqual(rows[0].arrayValue?.map { $0["style"]?.stringValue }, ["primary", "danger"])
        return rows[0].arrayValue?.compactMap { $0["callback_data"]?.stringValue } ?? []
    }

    @Test("A press becomes the command, and the query is answered after the press is stored")
    func press() throws {
        let transcript = try Transcript()
        transcript.start()
        let data = try self.offered(transcript, chat: Sample.group)
        #expect(data.allSatisfy { $0.utf8.count <= 64 })
        let incoming = try #require(transcript.poll(self.press(data[0], chat: Sample.group, from: 7)).first)
        expectEqual(incoming.choice?.kind, .button("approve 17"))
        expectEqual(incoming.choice?.target, Transcript.reference(Sample.group, 11))
        expectEqual(incoming.choice?.sender.id, "telegram:7")
        expectEqual(incoming.calls.map(\.method), ["answerCallbackQuery"])
        expectEqual(incoming.calls.first?.parameters["callback_query_id"], "c1")
        expectEqual(incoming.calls(after: .stored), incoming.calls)
        let refused = incoming.calls(after: .ignored("stranger")).first
        expectEqual(refused?.parameters["callback_query_id"], "c1")
        expectEqual(refused?.parameters["text"]?.stringValue?.contains("Ask an owner"), true)
    }

    @Test("Data that was never offered in the chat is refused with an answer")
    func forged() throws {
        let transcript = try Transcript()
        transcript.start()
        let data = try self.offered(transcript, chat: Sample.group)
        for (text, chat) in [
            ("approve 17", Sample.group), (data[0], 43), (String(data[0].dropLast()) + "8", Sample.group), ("", 42),
            (String(repeating: "x", count: 200), 42),
        ] as [(String, Int64)] {
            let incoming = try #require(transcript.poll(self.press(text, chat: chat)).first)
            #expect(incoming.event == nil)
            expectEqual(incoming.calls.first?.parameters["text"]?.stringValue?.contains("no longer works"), true)
        }
    }

    @Test("Buttons still work after a restart and after the group became a supergroup")
    func lasting() throws {
        let first = try Transcript()
        first.start()
        let data = try self.offered(first, chat: -55)
        first.poll(Sample.message(1, "", chat: -55, more: ["migrate_to_chat_id": -1_009]))
        let memory = try #require(first.memories().last)
        let second = try Transcript(memory: TelegramMemory(bytes: memory.bytes))
        second.start()
        expectEqual(second.poll(self.press(data[1], chat: -1_009)).first?.choice?.kind, .button("deny 17"))
    }

    @Test("An edit without buttons removes them")
    func edit() throws {
        let transcript = try Transcript()
        transcript.start()
        let reference = Transcript.reference(42, 11)
        let (calls, step) = transcript.run(.edit(reference, Transcript.message("x")), .result(true))
        let call = try #require(calls.first)
        #expect(call.method == "editMessageText" && call.parameters["reply_markup"] == nil)
        expectEqual(step.outcome, .done)
    }

    @Test("Each newly added reaction is a choice")
    func reactions() throws {
        let transcript = try Transcript()
        transcript.start()
        func emoji(_ emoji: String) -> JSON { ["type": "emoji", "emoji": .string(emoji)] }
        let incoming = transcript.poll([
            "update_id": 9,
            "message_reaction": [
                "chat": Sample.chat(Sample.group), "message_id": 11, "user": Sample.user(42), "date": 5,
                "old_reaction": [emoji("👍")], "new_reaction": [emoji("👍"), emoji("❤\u{FE0F}"), ["type": "paid"]],
            ],
        ])
        expectEqual(incoming.compactMap(\.choice?.kind), [.reaction("❤")])
        expectEqual(incoming.first?.choice?.target, Transcript.reference(Sample.group, 11))
    }

    @Test("Many reactions are compared in one pass", .timeLimit(.minutes(1)))
    func manyReactions() {
        func emoji(_ numbers: Range<Int>) -> JSON {
            .array(numbers.map { ["type": "emoji", "emoji": .string("e\($0)")] })
        }
        // Each with each would be ten billion comparisons.
        let reaction = TelegramReaction([
            "chat": Sample.chat(Sample.group), "message_id": 11, "old_reaction": emoji(0..<100_000),
            "new_reaction": emoji(1..<100_001),
        ])
        expectEqual(reaction?.added, ["e100000"])
    }

    @Test("Of one update's reactions, the first 16 different ones are read")
    func repeatedReactions() {
        let emoji = Array(repeating: "👍", count: 1_000) + (0..<30).map { "e\($0)" }
        let reaction = TelegramReaction([
            "chat": Sample.chat(Sample.group), "message_id": 11,
            "new_reaction": .array(emoji.map { ["type": "emoji", "emoji": .string($0)] }),
        ])
        let expected = ["👍"] + (0..<15).map { "e\($0)" }
        expectEqual(reaction?.added, expected)
    }

    @Test(
        "The bot's reactions are limited to the emoji that Telegram allows",
        arguments: [("👀", "👀"), ("✅", "👍"), ("❤️", "❤"), ("⏳", "👀"), ("🧿", nil)])
    func ours(emoji: String, set: String?) throws {
        let transcript = try Transcript()
        transcript.start()
        let (calls, _) = transcript.run(.react(emoji, isOn: true, Transcript.reference(42, 10)), .result(true))
        expectEqual(calls.first?.parameters["reaction"]?[0]?["emoji"]?.stringValue, set)
        expectEqual(calls.count, set == nil ? 0 : 1)
    }
}
