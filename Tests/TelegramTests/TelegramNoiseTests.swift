import Chat
import JSON
import Telegram
import TestSupport
import Testing

@Suite("Malformed input")
struct TelegramNoiseTests {
    @Test("Any markup yields text with entities inside it", arguments: 0..<20)
    func markup(seed: UInt64) {
        var dice = SeededGenerator(state: seed)
        let pieces = [
            "<b>", "</b>", "<i>", "</i>", "<pre>", "</pre>", "<code>", "</code>", "<code class=\"language-x\">",
            "<blockquote>", "</blockquote>", "<a href=\"https://x.org\">", "</a>", "<a>", "&amp;", "&lt", "&", "<", ">",
            "\u{1}", "\n", " ", "x", "👩‍👩‍👧‍👦", "é", "\"",
        ]
        for _ in 0..<300 {
            let text = (0..<Int.random(in: 0...30, using: &dice)).compactMap { _ in pieces.randomElement(using: &dice) }
            let result = TelegramMarkup(text.joined())
            let length = result.text.utf16.count
            #expect(result.entities.allSatisfy { $0.offset >= 0 && $0.length > 0 && $0.end <= length })
            #expect(length <= text.joined().utf16.count)
        }
    }

    @Test("Of a message's entities, a thousand are read")
    func manyEntities() throws {
        let entity: JSON = ["type": "mention", "offset": 0, "length": 1]
        let json: JSON = [
            "message_id": 1, "date": 1, "chat": ["id": 1, "type": "private"], "text": "x",
            "entities": .array(Array(repeating: entity, count: 20_000)),
        ]
        let message = try #require(TelegramMessage(json))
        expectEqual(message.entities.count, 1_000)
    }

    @Test("Updates with arbitrary values do no harm, and the offset advances", arguments: 0..<20)
    func updates(seed: UInt64) throws {
        var dice = SeededGenerator(state: seed)
        let values: [JSON] = [
            .null, true, 0, -1, .integer(.max), .number(1e300), "", "x", [], [[:]], [:], ["id": 5], ["id": "5"],
            ["message_id": .integer(.min)], [["type": "pre", "offset": 3, "length": .integer(.max)]],
            [["type": "mention", "offset": 1, "length": 1]],
        ]
        let keys = [
            "message_id", "date", "chat", "from", "text", "entities", "reply_to_message", "message_thread_id",
            "media_group_id", "photo", "document", "sender_chat", "caption", "migrate_to_chat_id", "edit_date", "voice",
            "quote", "external_reply", "forward_origin", "sticker", "location", "venue", "contact", "poll", "dice",
            "checklist", "rich_message",
        ]
        let kinds = TelegramUpdate.kinds
        let transcript = try Transcript()
        transcript.start()
        for number in 1...200 {
            var more: JSONObject = [:]
            for _ in 0..<Int.random(in: 1...4, using: &dice) {
                more[keys.randomElement(using: &dice) ?? ""] = values.randomElement(using: &dice)
            }
            transcript.poll(
                Sample.message(
                    Int64(number), "👍 a @JetBot", more: more, kind: kinds.randomElement(using: &dice) ?? "message"))
            expectEqual(transcript.calls().last { $0.method == "getUpdates" }?.parameters["offset"], JSON(number + 1))
        }
        transcript.pass(5_000)
        transcript.store()
    }
}
