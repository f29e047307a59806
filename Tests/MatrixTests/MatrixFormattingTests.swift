import Chat
import JSON
import Matrix
import TestSupport
import Testing

@Suite("Markdown to Matrix")
struct MatrixFormattingTests {
    /// The content as it is sent.
    private func content(_ markdown: String) -> (body: String, html: String?) {
        let rendered = MatrixFormatting().render(markdown)
        let text = Self.join(rendered, rendered.lines[...])
        let content = MatrixContent.message(text, token: "t", relation: .none)
        return (content["body"]?.stringValue ?? "", content["formatted_body"]?.stringValue)
    }

    /// Joins lines into a message, as the composer does.
    static func join(_ rendered: RenderedText, _ lines: ArraySlice<RenderedText.Line>) -> String {
        var output: [UInt8] = []
        var frame: Int?
        func add(_ bytes: some Sequence<UInt8>) {
            if !output.isEmpty { output.append(0x0A) }
            output += bytes
        }
        for line in lines {
            if line.frame != frame {
                if let frame { add(rendered.frames[frame].close) }
                frame = line.frame
                if let frame { add(rendered.frames[frame].open) }
            }
            add(rendered.bytes[line.range])
        }
        if let frame { add(rendered.frames[frame].close) }
        return String(decoding: output, as: UTF8.self)
    }

    @Test("emphasis beside Chinese text, and the backslashes of formulas")
    func wideText() {
        expectEqual(self.content("这是**强调。**后面").html, "这是<strong>强调。</strong>后面")
        expectEqual(self.content(#"\(a^2\) \[x\] **a\,b**"#).html, #"\(a^2\) \[x\] <strong>a\,b</strong>"#)
        expectEqual(self.content(#"\(a^2\) \[x\] **a\,b**"#).body, #"\(a^2\) \[x\] **a\,b**"#)
    }

    @Test("Markdown that could become very much stays small", arguments: CostlyMarkdown.allCases)
    func costly(_ sample: CostlyMarkdown) {
        let content = self.content(sample.text)
        #expect(content.body.utf8.count + (content.html?.utf8.count ?? 0) <= CostlyMarkdown.limit)
    }

    @Test(
        "markup becomes allowed HTML",
        arguments: [
            ("**b** and *i* and ~~s~~", "<strong>b</strong> and <em>i</em> and <del>s</del>"),
            ("a `x < y` b", "a <code>x &lt; y</code> b"), ("# Title\n\ntext", "<h1>Title</h1><p>text</p>"),
            ("**one**\ntwo  \nthree\n\nfour", "<p><strong>one</strong> two<br>three</p><p>four</p>"),
            ("- a\n- b\n  - c\n", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
            ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
            ("3. a\n4. b", "<ol start=\"3\"><li>a</li><li>b</li></ol>"),
            ("- [ ] open\n- [x] done", "<ul><li>☐ open</li><li>☑ done</li></ul>"),
            ("> q\n> r\n\nx", "<blockquote><p>q r</p></blockquote><p>x</p>"),
            ("> - a\n> - b", "<blockquote><ul><li>a</li><li>b</li></ul></blockquote>"),
            (
                "```swift\nlet a = 1\n\n\tb < c\n```",
                "<pre><code class=\"language-swift\">let a = 1\n\n\tb &lt; c</code></pre>"
            ),
            ("    indented\n", "<pre><code>indented</code></pre>"),
            ("```\"><script>\nx\n```", "<pre><code>x</code></pre>"),
            (
                "- a\n\n  ```c\n  x\n  y\n  ```\n",
                "<ul><li><p>a</p><pre><code class=\"language-c\">x\ny</code></pre></li></ul>"
            ),
            ("---", "<hr>"), ("[text](https://e.org/x)", "<a href=\"https://e.org/x\">text</a>"),
            ("[t](mailto:a@b.c)", "<a href=\"mailto:a@b.c\">t</a>"),
            ("**x** [x](javascript:alert)", "<strong>x</strong> x"),
            ("**x** [x](ftp://e.org)", "<strong>x</strong> x"),
            ("![cat](https://e.org/c.png)", "<a href=\"https://e.org/c.png\">cat</a>"),
            (
                "[a](https://e.org/?a=1&b=\"c\")",
                "<a href=\"https://e.org/?a=1&amp;b=%22c%22\">a</a>"
            ),
            ("**x** [you](https://matrix.to/#/@alice:hs)", "<strong>x</strong> you"),
            ("**x** [you](<https://matrix.to/&#1;#/@alice:hs>)", "<strong>x</strong> you"),
            ("**x** [you](https://e.org/\(String(repeating: "a", count: 3_000)))", "<strong>x</strong> you"),
            (
                "|a|b|\n|-|-|\n|1|**2**|\n|3|4|",
                "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td><strong>2</strong></td></tr>"
                    + "<tr><td>3</td><td>4</td></tr></tbody></table>"
            ),
            ("|a|\n|-|", "<table><thead><tr><th>a</th></tr></thead></table>"),
            ("**a** <b onclick=x>x</b>", "<strong>a</strong> &lt;b onclick=x&gt;x&lt;/b&gt;"),
            ("- a\n\n1. b", "<ul><li>a</li></ul><ol><li>b</li></ol>"),
            ("```\na\n```\n```\nb\n```", "<pre><code>a</code></pre><pre><code>b</code></pre>"),
        ])
    func markup(_ markdown: String, _ expected: String) {
        expectEqual(self.content(markdown).html, expected)
    }

    @Test(
        "the plain text reads like Markdown, and HTML is omitted where it would add nothing",
        arguments: [
            ("plain", "plain", true), ("1 < 2 && 3 > 2", "1 < 2 && 3 > 2", true), ("one\n\ntwo", "one\n\ntwo", true),
            ("héllo 😀👩‍👩‍👧", "héllo 😀👩‍👩‍👧", true), ("**b** *i* ~~s~~ `c`", "**b** *i* ~~s~~ `c`", false),
            ("# T\n\ntext", "# T\n\ntext", false), ("- a\n- b\n  - c\n\nx", "- a\n- b\n  - c\n\nx", false),
            ("3. a\n4. b", "3. a\n4. b", false), ("> q\n>\n> r\n\nx", "> q\n>\n> r\n\nx", false),
            ("```swift\nlet a\n\nb\n```\n\nx", "```swift\nlet a\n\nb\n```\n\nx", false),
            ("- [ ] o\n- [x] d", "- ☐ o\n- ☑ d", false), ("|a|b|\n|-|-|\n|1|2|", "a | b\n--|--\n1 | 2", false),
            (
                "x\n\n|n|日本|\n|-|-|\n|*long*|1|\n|b|22|\n\ny",
                "x\n\nn      | 日本\n-------|-----\n*long* | 1\nb      | 22\n\ny", false
            ),
            ("> |a|b|\n> |-|-|\n> |1|2|", "> a | b\n> --|--\n> 1 | 2", false),
            ("[t](https://e.org/)", "t (https://e.org/)", false), ("<https://e.org/>", "https://e.org/", false),
            ("a\n\n---\n\nb", "a\n\n---\n\nb", false), ("", "", true),
        ])
    func plain(_ markdown: String, _ body: String, _ isAlone: Bool) {
        let content = self.content(markdown)
        expectEqual(content.body, body)
        expectEqual(content.html == nil, isAlone)
    }

    @Test(
        "no text mentions anyone",
        arguments: [
            "@room come", "hi @alice:hs", "**@room**", "- @bob", "`@room`", "```\n@room\n```", "(@alice:hs)", "@",
        ])
    func mentions(_ markdown: String) {
        let content = self.content(markdown)
        for text in [content.body, content.html ?? ""] {
            #expect(!text.contains("@room"))
            #expect(!text.contains("@alice"))
            #expect(!text.contains("@bob"))
        }
        let whole = MatrixContent.message(markdown, token: "t", relation: .none)
        expectEqual(whole["m.mentions"], [:])
        expectEqual(whole["msgtype"], "m.notice")
    }

    @Test("an @ within a word or in code stays unchanged")
    func untouched() {
        #expect(self.content("mail a@example.org").body.contains("a@example.org"))
        #expect(self.content("```swift\n@MainActor func a()\n```").body.contains("@MainActor"))
    }

    @Test(
        "a link whose text is another address shows its own",
        arguments: [
            (
                "[https://bank.example](https://evil.example/x)",
                "https://bank.example (<a href=\"https://evil.example/x\">https://evil.example/x</a>)",
                "https://bank.example (https://evil.example/x)"
            ),
            (
                "[**bank**.com](https://evil.example)",
                "<strong>bank</strong>.com (<a href=\"https://evil.example\">https://evil.example</a>)",
                "**bank**.com (https://evil.example)"
            ),
            ("[e.org](https://e.org/)", "<a href=\"https://e.org/\">e.org</a>", "e.org (https://e.org/)"),
        ])
    func deceptiveLinks(markdown: String, html: String, body: String) {
        let content = self.content(markdown)
        expectEqual(content.html, html)
        expectEqual(content.body, body)
    }

    @Test(
        "an address stays as it is, in links, in text and in code",
        arguments: [
            "https://e.org/@alice", "<https://e.org/@room/x>", "[x](https://e.org/@alice)", "`https://e.org/@room`",
            "mxc://e.org/@alice", "```\ncurl https://e.org/@room\n```", "([y](https://e.org/?u=@bob))",
        ])
    func addresses(markdown: String) {
        let content = self.content(markdown)
        for text in [content.body, content.html ?? ""] { #expect(!text.contains("\u{200B}")) }
        #expect((content.html ?? content.body).contains("e.org/"))
    }

    @Test("no control character is sent")
    func controls() {
        let all = String(String.UnicodeScalarView((1..<0xA0).compactMap { Unicode.Scalar(UInt8($0)) }))
        for markdown in ["x" + all + "y", "`" + all + "`", "[a](https://e.org/" + all + ")", "```\n" + all + "\n```"] {
            let content = self.content(markdown)
            for scalar in (content.body + (content.html ?? "")).unicodeScalars {
                let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
                #expect(!isControl || scalar == "\n" || scalar == "\t", "\(scalar.value)")
            }
        }
    }

    @Test("a style that goes on after a line break is written once")
    func lineBreaks() {
        let rendered = MatrixFormatting().render("**a\\\nb *c*\\\nd** e")
        expectEqual(
            String(decoding: rendered.bytes, as: UTF8.self),
            "<p><strong>a<br>b <em>c</em></strong><br><strong>d</strong> e</p>")
    }

    private static func isBalanced(_ html: String) -> Bool {
        var open: [Substring] = []
        for part in html.split(separator: "<", omittingEmptySubsequences: false).dropFirst() {
            guard let end = part.firstIndex(of: ">") else { return false }
            let name = part[..<end].prefix { $0 != " " }
            if name.hasPrefix("/") {
                guard open.popLast() == name.dropFirst() else { return false }
            } else if name != "br", name != "hr" {
                open.append(name)
            }
        }
        return open.isEmpty
    }

    @Test("after a cut, lists, tables and code continue with their number, head and language")
    func frames() {
        func parts(_ markdown: String, at index: Int) -> [String] {
            let rendered = MatrixFormatting().render(markdown)
            return [rendered.lines[..<index], rendered.lines[index...]].map { lines in
                let content = MatrixContent.message(Self.join(rendered, lines), token: "t", relation: .none)
                return content["formatted_body"]?.stringValue ?? ""
            }
        }
        expectEqual(parts("1. a\n2. b\n3. c", at: 2)[1], "<ol start=\"3\"><li>c</li></ol>")
        expectEqual(parts("```c\nx\ny\n```", at: 1)[1], "<pre><code class=\"language-c\">y</code></pre>")
        expectEqual(
            parts("|a|\n|-|\n|1|\n|2|", at: 1)[1],
            "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>2</td></tr></tbody></table>")
        expectEqual(parts("> a\n>\n> b", at: 1)[1], "<blockquote><p>b</p></blockquote>")
    }

    @Test("deeply nested text stays within the allowed depth of HTML")
    func depth() {
        let deep = String(repeating: "> - ", count: 300) + "x"
        let html = self.content(deep).html ?? ""
        var depth = 0
        var most = 0
        for part in html.split(separator: "<") {
            if part.hasPrefix("/") { depth -= 1 } else if !part.hasPrefix("br") { depth += 1 }
            most = max(most, depth)
        }
        #expect(most < 90)
        #expect(html.contains("x"))
    }

    @Test("the largest text fits into an event, even as an edit")
    func size() {
        for piece in [
            "word ", "\\\\", "\"", "&", "<", "- a\n", "é", "\u{1F600}", "`a` ", "**a** ", "\n\n1. x",
            "|a|b|\n|-|-|\n||\n",
        ] {
            let markdown = String(repeating: piece, count: 14_000 / piece.utf8.count)
            let rendered = MatrixFormatting().render(markdown)
            let text = String(Self.join(rendered, rendered.lines[...]).prefix(14_000))
            let edit = MatrixContent.edit(of: "$x", text, token: "t")
            let post = MatrixContent.message(text, token: "t", relation: .thread(root: "$a", latest: "$b"))
            #expect(edit.bytes.count <= 61_000, "\(piece)")
            #expect(post.bytes.count <= 61_000, "\(piece)")
        }
    }

    @Test("many lines below many levels fit into an event, even as an edit")
    func deepLines() {
        let items = String(repeating: "<ol><li value=\"123456789\">", count: 20)
        let text = items + String(repeating: "a<br>", count: 2_600)
        #expect(MatrixContent.message(text, token: "t", relation: .none).bytes.count <= 61_000)
        #expect(MatrixContent.edit(of: "$x", text, token: "t").bytes.count <= 61_000)
    }

    @Test("any input becomes balanced HTML", arguments: 0..<50)
    func random(seed: Int) {
        var state = UInt64(seed) &* 6_364_136_223_846_793_005 &+ 1
        func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }
        let pieces = [
            "<", ">", "</", "&", "&amp;", "&lt", "<p>", "</p>", "<a href=\"", "\">", "<ul>", "<li value=\"3\">",
            "<pre>",
            "<code>", "</code>", "x", " ", "\n", "<br>", "é", "<script>", "</table>", "<td>",
        ]
        let text = (0..<40).map { _ in pieces[next() % pieces.count] }.joined()
        let content = MatrixContent.message(text, token: "t", relation: .none)
        #expect(Self.isBalanced(content["formatted_body"]?.stringValue ?? ""), "\(text)")
    }
}
