import Chat
import Telegram
import TestSupport
import Testing

@Suite("Markdown on Telegram")
struct TelegramFormattingTests {
    /// All lines with their frames, joined as the composer joins them.
    static func markup(_ markdown: String) -> String {
        let rendered = TelegramFormatting().render(markdown)
        var lines: [String] = []
        var open: RenderedText.Frame?
        for line in rendered.lines {
            let frame = line.frame.map { rendered.frames[$0] }
            if frame != open {
                if let open { lines.append(String(decoding: open.close, as: UTF8.self)) }
                if let frame { lines.append(String(decoding: frame.open, as: UTF8.self)) }
                open = frame
            }
            lines.append(String(decoding: rendered.bytes[line.range], as: UTF8.self))
        }
        if let open { lines.append(String(decoding: open.close, as: UTF8.self)) }
        return lines.joined(separator: "\n")
    }

    @Test("emphasis beside Chinese text, and the backslashes of formulas")
    func wideText() {
        expectEqual(Self.markup("这是**强调。**后面"), "这是<b>强调。</b>后面")
        expectEqual(Self.markup(#"\(a^2\) \[x\] a\,b \*c\*"#), #"\(a^2\) \[x\] a\,b *c*"#)
    }

    @Test("Markdown that could become very much stays small", arguments: CostlyMarkdown.allCases)
    func costly(_ sample: CostlyMarkdown) {
        #expect(TelegramFormatting().render(sample.text).bytes.count <= CostlyMarkdown.limit)
    }

    @Test("The margins of more than sixteen levels are not repeated on each line")
    func deepMargins() {
        let text = String(repeating: "> ", count: 40) + "a\\\nb"
        let (all, repeated) = (String(repeating: "&gt; ", count: 39), String(repeating: "&gt; ", count: 16))
        #expect(Self.markup(text).hasSuffix("<blockquote>\n\(all)a\n\(repeated)b\n</blockquote>"))
    }

    @Test(
        "Every kind of Markdown is rendered",
        arguments: [
            ("one\n\ntwo", "one\n\ntwo"),
            ("one\ntwo\\\nthree", "one two\nthree"),
            ("# Head\n\ntext\n\n## More", "<b>Head</b>\ntext\n\n<b>More</b>"),
            ("**b** *i* ~~s~~ `c<d`", "<b>b</b> <i>i</i> <s>s</s> <code>c&lt;d</code>"),
            ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
            ("text:\n- a\n  - b\n    - c\n- d\n\nend", "text:\n• a\n   ◦ b\n      ▪ c\n• d\n\nend"),
            ("3. a\n4. b\n\n   more", "3. a\n4. b\n   more"),
            ("- [ ] a\n- [x] b", "☐ a\n☑ b"),
            (
                "```swift\nlet a = 1 < 2\n\nb\n```",
                "<pre><code class=\"language-swift\">\nlet a = 1 &lt; 2\n\nb\n</code></pre>"
            ),
            ("x\n\n```\na\n```\n\ny", "x\n<pre>\na\n</pre>\ny"),
            ("```\na\n```\n```\nb\n```", "<pre>\na\n</pre>\n\n<pre>\nb\n</pre>"),
            ("> q\n>\n> r\n\ns", "<blockquote>\nq\n\nr\n</blockquote>\ns"),
            ("> a\n> > b", "<blockquote>\na\n&gt; b\n</blockquote>"),
            ("> a\n> ```\n> c\n> ```", "<blockquote>\na\n</blockquote>\n<blockquote><pre>\nc\n</pre></blockquote>"),
            ("- a\n  ```\n  c\n  ```", "• a\n<pre>\nc\n</pre>"),
            ("- ```\n  c\n  ```", "• \n<pre>\nc\n</pre>"),
            ("a\n\n---\n\nb", "a\n\n———\n\nb"),
            ("[t](https://x.org/a?b=\"c\"&d)", "<a href=\"https://x.org/a?b=&quot;c&quot;&amp;d\">t</a>"),
            ("[t](javascript:x) [u](/a)", "t u"),
            ("https://x.org/@u/a and www.x.org", "https://x.org/@u/a and www.x.org"),
            ("a@b.org [me](mailto:a@b.org)", "a@b.org me (a@b.org)"),
            ("![alt](https://x.org/i.png)", "<a href=\"https://x.org/i.png\">alt</a>"),
            ("a <br> b", "a &lt;br&gt; b"),
            (
                "| a | long |\n|---|---|\n| 日本 | **b** |\n| x | `y` |",
                "<pre>\na    │ long\n─────┼─────\n日本 │ b\nx    │ y\n</pre>"
            ),
        ])
    func rendering(markdown: String, markup: String) {
        expectEqual(Self.markup(markdown), markup)
    }

    @Test(
        "Text pings no one and contains no command links",
        arguments: [
            ("@ann and (@bob) a@b", "@\u{2060}ann and (@\u{2060}bob) a@b"),
            ("**@ann_b**", "<b>@\u{2060}ann_b</b>"),
            ("[@ann](x:y)", "@\u{2060}ann"), ("[x](mailto:@ann)", "x (@\u{2060}ann)"),
            ("[@ann](mailto:@ann)", "@\u{2060}ann (@\u{2060}ann)"),
            ("[@ann](mailto:a@b.org)", "@\u{2060}ann (a@b.org)"),
            ("type /stop now", "type /\u{2060}stop now"),
            ("/approve_17", "/\u{2060}approve_17"),
            ("option /b, in ~/path and (/x)", "option /\u{2060}b, in ~/\u{2060}path and (/\u{2060}x)"),
            ("[https://b.org @ann /stop](https://e.org)", "https://b.org @\u{2060}ann /\u{2060}stop (https://e.org)"),
            ("in /usr/bin and a/b and // x", "in /usr/bin and a/b and // x"),
            ("`/stop` `@ann`", "<code>/stop</code> <code>@ann</code>"),
        ])
    func defusing(markdown: String, markup: String) {
        expectEqual(Self.markup(markdown), markup)
    }

    @Test(
        "A link whose text is another address shows its own, and addresses stay as they are",
        arguments: [
            (
                "[https://bank.example](https://evil.example/?a&b)",
                "https://bank.example (https://evil.example/?a&amp;b)"
            ),
            ("[**bank**.com](https://evil.example)", "bank.com (https://evil.example)"),
            ("[`bank.com`](https://evil.example)", "bank.com (https://evil.example)"),
            ("[e.org](https://e.org/)", "<a href=\"https://e.org/\">e.org</a>"),
            ("<https://e.org/@ann/stop>", "https://e.org/@ann/stop"), ("tg://x/@ann", "tg://x/@ann"),
        ])
    func links(markdown: String, markup: String) {
        expectEqual(Self.markup(markdown), markup)
    }

    @Test("A table wider than a phone becomes a list of headers and values")
    func wideTable() {
        let fits = "| name | " + String(repeating: "x", count: 33) + " |\n|-|-|\n| a | b |"
        #expect(Self.markup(fits).hasPrefix("<pre>"))
        let header = String(repeating: "日", count: 17)
        let wide = "text\n\n| name | \(header) |\n|-|-|\n| a | @ann |\n| b | |\n\nend"
        expectEqual(
            Self.markup(wide), "text\n\n<b>name:</b> a\n<b>\(header):</b> @\u{2060}ann\n\n<b>name:</b> b\n\nend")
    }

    @Test("Control characters are removed")
    func controls() {
        expectEqual(Self.markup("a\u{1}b\u{7F}c\u{85}d\u{2028}e\tf"), "abcd e    f")
    }

    @Test("The markup is never shorter than the text that Telegram counts")
    func measure() {
        let markdown = "**b** & <x> [t](https://x.org) @ann /stop 👩‍👩‍👧‍👦\n\n- a\n\n```\nc\n```"
        let markup = Self.markup(markdown)
        #expect(TelegramMarkup(markup).text.utf16.count <= markup.utf16.count)
    }
}
