import Chat
import JSON
import TestSupport
import Testing

@testable import Slack

@Suite("Markdown for Slack's markdown blocks")
struct SlackFormattingTests {
    private static let gap = "\u{200B}"

    static func text(_ markdown: String) -> String {
        let rendered = SlackFormatting().render(markdown)
        var text: [String] = []
        var frame: Int?
        for line in rendered.lines {
            if line.frame != frame {
                if let frame { text.append(String(decoding: rendered.frames[frame].close, as: UTF8.self)) }
                if let next = line.frame { text.append(String(decoding: rendered.frames[next].open, as: UTF8.self)) }
                frame = line.frame
            }
            text.append(String(decoding: rendered.bytes[line.range], as: UTF8.self))
        }
        if let frame { text.append(String(decoding: rendered.frames[frame].close, as: UTF8.self)) }
        return text.joined(separator: "\n")
    }

    @Test("people who are named stand above the text, and only by ids of the platform's form")
    func names() throws {
        let people = [
            Mention(person: "T1/U1", name: "alice"), Mention(person: "T1/U2"),
            Mention(person: "T1/!channel", name: "x"),
            Mention(person: "W3", name: "carol"),
        ]
        let blocks = try #require(SlackBlocks.blocks("hi", buttons: [], mentioning: people).arrayValue)
        expectEqual(blocks.count, 2)
        expectEqual(blocks[0], ["type": "section", "text": ["type": "mrkdwn", "text": "<@U1> <@W3>"]])
    }

    @Test("Markdown that could become very much stays small", arguments: CostlyMarkdown.allCases)
    func costly(_ sample: CostlyMarkdown) {
        #expect(SlackFormatting().render(sample.text).bytes.count <= CostlyMarkdown.limit)
    }

    @Test("the margins of more than sixteen levels are not repeated on each line")
    func deepMargins() {
        let quotation = String(repeating: "> ", count: 40)
        expectEqual(Self.text("\(quotation)a\nb"), "\(quotation)a\n\(String(repeating: "> ", count: 16))b")
        let items = String(repeating: "123456789. ", count: 300)
        for (first, line) in [("a\n", "a\n"), ("```\n", "\n")] {
            let text = items + first + String(repeating: line, count: 3_000)
            #expect(SlackFormatting().render(text).bytes.count < 1 << 20)
        }
    }

    @Test(
        "standard Markdown stays as it is",
        arguments: [
            "plain words", "**bold** and *italic* and ~~gone~~", "# One\n\nwords\n\n### Three",
            "- one\n- two\n  - inner\n    - most inner\n- three", "1. one\n2. two\n   - inner",
            "- [ ] open\n- [x] done", "> quoted\n> more", "> one\n>\n> two", "words\n\n---\n\nmore",
            "```swift\nlet a = 1\n\nlet b = \"<x>\" // & so on\n```", "run `git status` now",
            "[a link](https://example.org/a?b=c&d=e)", "snake_case and 2 * 3 and a < b and x -> y",
            "``a ` b``", "**bold *both***", "call `a<b>` or &c",
            "- words\n\n  ```\n  code\n  ```", "> ```\n> code\n> ```", "3. three\n4. four",
        ])
    func keeps(markdown: String) {
        expectEqual(Self.text(markdown), markdown)
    }

    @Test(
        "marks beside Chinese, Japanese and Korean text are ones by CommonMark's rule, and formulas keep their backslashes",
        arguments: [
            ("这是**强调。**后面", "这是**强调。\(gap)**后面"), ("前面**“强调”**后面", "前面**\(gap)“强调”\(gap)**后面"),
            ("这***`code`***吗", "这***\(gap)`code`\(gap)***吗"), ("~~削除（古い）。~~後", "~~削除（古い）。\(gap)~~後"),
            ("**强调**后面 **。** x", "**强调**后面 **。** x"), (#"\(a^2\) \[x\] a\,b"#, #"\\(a^2\\) \\[x\\] a\\,b"#),
        ])
    func wideText(markdown: String, expected: String) {
        expectEqual(Self.text(markdown), expected)
    }

    @Test("a list that is loose in one place is loose everywhere")
    func looseList() {
        expectEqual(Self.text("- one\n\n  two\n- three"), "- one\n\n  two\n\n- three")
    }

    @Test(
        "text that would ping people is defused",
        arguments: [
            ("<@U1> hello", "<\(gap)@U1> hello"), ("<!channel>", "<\(gap)!channel>"), ("<#C1|x>", "<\(gap)#C1|x>"),
            ("\\<@U1>", "<\(gap)@U1>"), ("@here @channel @everyone", "@\(gap)here @\(gap)channel @\(gap)everyone"),
            ("@Here!", "@\(gap)Here!"), ("@heretic", "@heretic"), ("`<@U1>`", "`<\(gap)@U1>`"),
            ("```\n<!here>\n```", "```\n<\(gap)!here>\n```"), ("<!subteam^S1>", "<\(gap)!subteam^S1>"),
            ("&lt;@U1&gt;", "<\(gap)@U1>"), ("<[@U1](javascript:x)>", "<\(gap)@U1>"),
            ("**<**\\@U1>", "**<**@U1>"), ("&lt;[!channel](https://!channel)>", "<[!channel](https://!channel)>"),
            ("&lt;@[U123ABC](x)>", "<\(gap)@U123ABC>"), ("&lt;[!](x)[channel](x)>", "<\(gap)!channel>"),
            ("&lt;!chan[nel](x)>", "<\(gap)!channel>"), ("@[here](x)", "@\(gap)here"),
            ("``a`b``[`c`](x)", "``a`b``\(gap)`c`"), ("x<a@b.c>y", "xa@b.cy"),
            ("<!date^1^{date}|x>", "<\(gap)!date^1^{date}|x>"),
            ("```\n<@W12AB|al>\n```", "```\n<\(gap)@W12AB|al>\n```"), ("<a@b>", "a@b"),
        ])
    func defuses(markdown: String, expected: String) {
        expectEqual(Self.text(markdown), expected)
    }

    @Test(
        "what only looks like a token stays as it is",
        arguments: [
            ("<!DOCTYPE html>", "&lt;!DOCTYPE html>"), ("a <!-- x --> b", "a &lt;!-- x --> b"),
            ("use <#if x> and <#list>", "use <#if x> and <#list>"), ("<!hereafter>", "&lt;!hereafter>"),
            ("`<!DOCTYPE html>` `<!-- x -->` `<#if>`", "`<!DOCTYPE html>` `<!-- x -->` `<#if>`"),
            ("```html\n<!DOCTYPE html>\n<!-- x -->\n```", "```html\n<!DOCTYPE html>\n<!-- x -->\n```"),
            ("```\n<#if a><@macro/><![CDATA[x]]>\n```", "```\n<#if a><@macro/><![CDATA[x]]>\n```"),
            ("`a<@b` `<#define X>` `<@Model>`", "`a<@b` `<#define X>` `<@Model>`"),
            ("https://e.org/@channel/x", "https://e.org/@channel/x"), ("a@channel.com", "a@channel.com"),
            ("npm i @here/maps", "npm i @here/maps"),
        ])
    func keepsCode(markdown: String, expected: String) {
        expectEqual(Self.text(markdown), expected)
        #expect(!Self.text(markdown).contains(Self.gap))
    }

    @Test("code with tokens is shown whole, in a block that mentions no one")
    func literalCode() throws {
        let markdown = """
            Ping with `<!here>` or **<@U1>**:

            ```html
            <!-- <!channel> -->
            ```
            - an item
            - and `<@U1>`
            """
        let blocks = try #require(SlackBlocks.blocks(Self.text(markdown), buttons: []).arrayValue)
        expectEqual(blocks.map { $0["type"]?.stringValue }, ["rich_text", "rich_text", "markdown"])
        let inline = try #require(blocks[0]["elements"]?.arrayValue?.first?["elements"]?.arrayValue)
        expectEqual(inline.map { $0["text"]?.stringValue }, ["Ping with ", "<!here>", " or ", "<@U1>", ":"])
        expectEqual(inline[1]["style"], ["code": true])
        expectEqual(inline[3]["style"], ["bold": true])
        let code = try #require(blocks[1]["elements"]?.arrayValue?.first)
        expectEqual(code["type"], "rich_text_preformatted")
        expectEqual(code["language"], "html")
        expectEqual(code["elements"], [["type": "text", "text": "<!-- <!channel> -->"]])
        expectEqual(blocks[2]["text"], .string("- an item\n- and `<\(Self.gap)@U1>`"))
        for text in ["words", "<!here>", "- `<!here>`", "```\n<!DOCTYPE html>\n```"] {
            expectEqual(SlackBlocks.blocks(Self.text(text), buttons: []).arrayValue?.count, 1)
            #expect(!SlackBlocks.needsBlocks(Self.text(text)))
        }
    }

    @Test(
        "raw HTML becomes text, addresses are shown, images become links",
        arguments: [
            ("a <b>x</b>", "a &lt;b>x&lt;/b>"), ("<div>\nx\n</div>", "&lt;div>\nx\n&lt;/div>"),
            ("![alt](https://e.org/i.png)", "[alt](https://e.org/i.png)"),
            ("Hi![x](https://e.org)", "Hi[x](https://e.org)"),
            ("Hi\\![x](https://e.org)", "Hi\\![x](https://e.org)"), ("[x](javascript:alert)", "x"),
            ("[x](/relative)", "x"), ("<https://e.org>", "https://e.org"), ("see www.e.org", "see www.e.org"),
            ("https://e.org/a_b_c", "https://e.org/a_b_c"),
            ("[https://good.example](https://evil.example)", "https://good.example (https://evil.example)"),
            ("[a](https://e.org/\\(x\\))", "[a](https://e.org/%28x%29)"),
            ("[a](<https://e.org/a b>)", "[a](https://e.org/a%20b)"),
            ("a\\*b\\*", "a\\*b\\*"), ("\\# no heading", "\\# no heading"), ("\\- no item", "\\- no item"),
            ("1\\. no item", "1\\. no item"), ("&amp;lt;", "&amp;lt;"), ("\\`x\\`", "\\`x\\`"), ("C:\\dir", "C:\\dir"),
            ("x\u{7}y\u{202E}z", "xy\u{202E}z"), ("\\[a\\](b)", "\\\\[a\\\\\\](b)"), ("\\_a\\_", "\\_a\\_"),
        ])
    func escapes(markdown: String, expected: String) {
        expectEqual(Self.text(markdown), expected)
    }

    @Test("a table is a frame with its header, so that a cut repeats it")
    func table() {
        let markdown = "| a | b |\n|:--|--:|\n| 1 | x\\|y |\n| `c\\|d` | **2** |"
        let rendered = SlackFormatting().render(markdown)
        expectEqual(rendered.frames.map { String(decoding: $0.open, as: UTF8.self) }, ["| a | b |\n| :-- | --: |"])
        expectEqual(Self.text(markdown), "| a | b |\n| :-- | --: |\n| 1 | x\\|y |\n| `c\\|d` | **2** |\n")
        expectEqual(Self.text("| a |\n|---|"), "| a |\n| --- |")
        expectEqual(Self.text("x\n\n| a |\n|---|\n| 1 |\n\ny"), "x\n\n| a |\n| --- |\n| 1 |\n\n\ny")
    }

    @Test("a fence is longer than any fence in its code")
    func fences() {
        expectEqual(Self.text("````\n```\n````"), "````\n```\n````")
        expectEqual(Self.text("~~~ c++ x\na\n~~~"), "```c++\na\n```")
        expectEqual(Self.text("```\n```"), "```\n\n```")
        expectEqual(Self.text("    indented\n      more"), "```\nindented\n  more\n```")
    }

    @Test("a very long run of backticks in code is broken, so that the fence stays short")
    func longRuns() {
        let run = String(repeating: "`", count: 64)
        let code = "\(run)\(Self.gap)\(run)\(Self.gap)``"
        expectEqual(Self.text("~~~\n\(run)\(run)``\n~~~"), "\(run)`\n\(code)\n\(run)`")
        let mark = String(repeating: "`", count: 70)
        expectEqual(Self.text("\(mark) \(run)\(run)`` \(mark)"), "\(run)` \(code) \(run)`")
    }

    @Test("marks that span lines are closed and reopened on each line")
    func lines() {
        expectEqual(Self.text("**one\ntwo**"), "**one**\n**two**")
        expectEqual(Self.text("[one\ntwo](https://e.org)"), "[one two](https://e.org)")
    }

    @Test("random text neither crashes nor pings")
    func randomText() {
        let parts = [
            "<", "@", "!", "#", "here", "channel", "*", "**", "`", "```", "\n", "\n\n", "- ", "> ", "|", "[", "](", ")",
            "U1", "U1>", "!here", "channel>",
            "https://e.org", "&", "lt;", ";", "\\", "~~", "_", " ", "1. ", "a", "é", "👨‍👩‍👧", "<b>", "---", "![",
        ]
        var generator = SeededGenerator(state: 7)
        for _ in 0..<3_000 {
            let text = (0..<Int.random(in: 1...30, using: &generator)).map { _ in
                parts.randomElement(using: &generator) ?? ""
            }.joined()
            let rendered = Self.text(text)
            for token in ["<!here>", "<!channel>", "<@U1>", "<@U1|"] {
                #expect(!rendered.contains(token), "\(text.debugDescription)")
            }
        }
    }
}
