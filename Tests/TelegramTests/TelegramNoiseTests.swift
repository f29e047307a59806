import Chat
import JSON
import JetbridgeTesting
import Telegram
import Testing

@Suite("What nobody should send")
struct TelegramNoiseTests {
    @Test("Markup of any kind is text and entities within it", arguments: 0..<20)
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
            #expect(result.entities.allSatisfy { $0.offset >= 0 && $0.length > 0 && $0.end <= result.length })
            #expect(result.length <= text.joined().utf16.count)
        }
    }

    @Test("Updates with anything in any place are survived, and the offset goes on", arguments: 0..<20)
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
            #expect(transcript.calls().last { $0.method == "getUpdates" }?.parameters["offset"] == JSON(number + 1))
        }
        transcript.pass(5_000)
        transcript.store()
    }
}
