import JSON
import TestSupport
import Testing

@Suite("Telegram on loopback: texts", .timeLimit(.minutes(3)))
struct TelegramTextTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var given: String
        var expected: String
        var testDescription: String { self.given }

        init(_ given: String, _ expected: String) {
            self.given = given
            self.expected = expected
        }
    }

    private static let html: [Case] = [
        Case("plain & simple", "plain &amp; simple"),
        Case("<b>a<i>b</i></b>", "<b>a<i>b</i></b>"),
        Case("a &lt;b&gt; &amp;amp; &quot; &#65;&#x1F600;", "a &lt;b&gt; &amp;amp; \" A😀"),
        Case("&nbsp;&apos;", "&amp;nbsp;&amp;apos;"),
        Case(
            "<pre><code class=\"language-swift\">let x</code></pre>",
            "<pre><code class=\"language-swift\">let x</code></pre>"),
        Case("<code class=\"language-swift\">x</code>", "<code>x</code>"),
        Case("<a href=\"https://example.org/?a=1&amp;b=2\">x</a>", "<a href=\"https://example.org/?a=1&b=2\">x</a>"),
        Case("<a href='nothing'>x</a>", "x"),
        Case("<a href=\"tg://user?id=1001\">Ada</a>", "<a href=\"tg://user?id=1001\">Ada</a>"),
        Case("<blockquote expandable>q</blockquote>", "<blockquote expandable>q</blockquote>"),
        Case("<span class=\"tg-spoiler\">s</span>", "<tg-spoiler>s</tg-spoiler>"),
        Case("<b>bold <code>code</code> on</b>", "<b>bold </b><code>code</code><b> on</b>"),
        Case("  <b> x </b>  ", "<b> x</b>"),
        Case("<b>😀</b>é<i>x</i>", "<b>😀</b>é<i>x</i>"),
    ]

    @Test("HTML is parsed as on the server", arguments: Self.html)
    func readsHTML(_ one: Case) async throws {
        try await TelegramBench.run { bot, telegram in
            let sent = try await bot.send(one.given, to: TelegramBench.ada, ["parse_mode": "HTML"])
            let shown = telegram.shown(try #require(sent["message_id"]?.intValue), in: TelegramBench.ada)
            expectEqual(shown?.markup, one.expected)
        }
    }

    private static let wrongHTML: [Case] = [
        Case("a<p>x</p>", "Unsupported start tag \"p\" at byte offset 1"),
        Case("é<br>", "Unsupported start tag \"br\" at byte offset 2"),
        Case("<b", "Unclosed start tag at byte offset 0"),
        Case("<b>x", "Can't find end tag corresponding to start tag \"b\""),
        Case("x</b>", "Unexpected end tag at byte offset 1"),
        Case("<b>x</i>", "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""),
        Case("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
        Case("a < b", "Unsupported start tag \"\" at byte offset 2"),
    ]

    @Test("invalid HTML is refused with the position of the error", arguments: Self.wrongHTML)
    func refusesHTML(_ one: Case) async throws {
        try await TelegramBench.run { bot, _ in
            let error = try await bot.error(
                "sendMessage", ["chat_id": 1_001, "text": .string(one.given), "parse_mode": "html"])
            expectEqual(error, "Bad Request: can't parse entities: \(one.expected)")
        }
    }

    private static let markdown: [Case] = [
        Case("*a _b_* ~c~ ||d|| __e__", "<b>a <i>b</i></b> <s>c</s> <tg-spoiler>d</tg-spoiler> <u>e</u>"),
        Case("1\\. x \\_ y", "1. x _ y"),
        Case("`a*b` ```swift\nlet x\n```", "<code>a*b</code> <pre><code class=\"language-swift\">let x</code></pre>"),
        Case("[x](https://example.org/a\\)b)", "<a href=\"https://example.org/a)b\">x</a>"),
        Case(">quote\n>more\nplain", "<blockquote>quote\nmore\n</blockquote>plain"),
    ]

    @Test("MarkdownV2 is parsed as on the server", arguments: Self.markdown)
    func readsMarkdown(_ one: Case) async throws {
        try await TelegramBench.run { bot, telegram in
            let sent = try await bot.send(one.given, to: TelegramBench.ada, ["parse_mode": "MarkdownV2"])
            let shown = telegram.shown(try #require(sent["message_id"]?.intValue), in: TelegramBench.ada)
            expectEqual(shown?.markup, one.expected)
        }
    }

    private static let wrongMarkdown: [Case] = [
        Case("a. b", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        Case("é *a", "Can't find end of Bold entity at byte offset 3"),
        Case("```x", "Can't find end of Pre entity at byte offset 0"),
        Case("[a](b", "Can't find end of a URL at byte offset 4"),
    ]

    @Test("invalid MarkdownV2 is refused", arguments: Self.wrongMarkdown)
    func refusesMarkdown(_ one: Case) async throws {
        try await TelegramBench.run { bot, _ in
            let error = try await bot.error(
                "sendMessage", ["chat_id": 1_001, "text": .string(one.given), "parse_mode": "MarkdownV2"])
            expectEqual(error, "Bad Request: can't parse entities: \(one.expected)")
        }
    }

    @Test("texts have limits, counted after parsing the markup")
    func limits() async throws {
        try await TelegramBench.run { bot, _ in
            let tell = { (text: String, mode: JSON) in
                try await bot.error("sendMessage", ["chat_id": 1_001, "text": .string(text), "parse_mode": mode])
            }
            let empty = try await tell("", .null)
            expectEqual(empty, "Bad Request: message text is empty")
            try await expectEqual(tell(" \n ", .null), "Bad Request: text must be non-empty")
            try await expectEqual(tell("<b></b>", "HTML"), "Bad Request: text must be non-empty")
            try await expectEqual(tell(String(repeating: "x", count: 4_097), .null), "Bad Request: message is too long")
            try await expectEqual(tell(String(repeating: "<b>x</b>", count: 4_000), "HTML"), "")
            try await expectEqual(tell(String(repeating: "x", count: 32_769), .null), "Bad Request: text is too long")
            try await expectEqual(tell("x", "markdown3"), "Bad Request: unsupported parse_mode")
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
