import JSON
import TestSupport
import Testing

@Suite("Telegram on loopback: texts", .timeLimit(.minutes(3)))
struct TelegramTextTests {
    @Test("texts have limits")
    func limits() async throws {
        try await TelegramBench.run { bot, _ in
            let tell = { (text: String) in
                try await bot.error("sendMessage", ["chat_id": 1_001, "text": .string(text)])
            }
            let empty = try await tell("")
            expectEqual(empty, "Bad Request: message text is empty")
            try await expectEqual(tell(" \n "), "Bad Request: text must be non-empty")
            try await expectEqual(tell(String(repeating: "x", count: 4_096)), "")
            try await expectEqual(tell(String(repeating: "x", count: 4_097)), "Bad Request: message is too long")
            try await expectEqual(tell(String(repeating: "x", count: 32_769)), "Bad Request: text is too long")
            let mode: JSON = ["chat_id": 1_001, "text": "x", "parse_mode": "HTML"]
            try await expectEqual(bot.error("sendMessage", mode), "Bad Request: unsupported parse_mode")
        }
    }

    private static let wrongEntities: [(JSON, String)] = [
        (["type": "bold", "offset": 3, "length": 1], "entity begins after the end of the text at UTF-16 offset 3"),
        (
            ["type": "bold", "offset": 0, "length": 9],
            "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 3"
        ),
        (
            ["type": "bold", "offset": 2, "length": 1],
            "entity begins in a middle of a UTF-16 symbol at UTF-16 offset 2"
        ),
        (["type": "text_link", "offset": 0, "length": 1], "can't parse MessageEntity: Can't find field \"url\""),
    ]

    @Test("entities must lie within the text and not split a character", arguments: Self.wrongEntities)
    func entities(_ entity: JSON, _ expected: String) async throws {
        try await TelegramBench.run { bot, _ in
            let error = try await bot.error("sendMessage", ["chat_id": 1_001, "text": "a😀", "entities": [entity]])
            expectEqual(error, "Bad Request: \(expected)")
        }
    }

    @Test("entities are normalised: split where they cross, none in code, at most a hundred")
    func nesting() async throws {
        try await TelegramBench.run { bot, telegram in
            let send = { (text: String, entities: [JSON]) in
                let sent = try await bot.send(text, to: TelegramBench.ada, ["entities": .array(entities)])
                return telegram.shown(sent["message_id"]?.intValue ?? 0, in: TelegramBench.ada)
            }
            let code = try await send(
                "abcdef",
                [
                    ["type": "bold", "offset": 0, "length": 6],
                    ["type": "pre", "offset": 2, "length": 2, "language": "c"],
                    ["type": "nonsense", "offset": 0, "length": 1],
                ])
            expectEqual(code?.markup, "<b>ab</b><pre><code class=\"language-c\">cd</code></pre><b>ef</b>")
            let many = try await send(
                String(repeating: "xy", count: 150),
                (0..<150).map { ["type": "bold", "offset": JSON($0 * 2), "length": 1] })
            expectEqual(many?.entities.count, 100)
            let found = try await send("see https://example.org/x. @ada_l #tag /help a@b.org", [])
            expectEqual(found?.entities.map(\.type), ["url", "mention", "hashtag", "bot_command", "email"])
            expectEqual(telegram.pings.map(\.target), ["@ada_l"])
        }
    }
}
