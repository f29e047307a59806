import Markdown
import TestSupport
import Testing

@Suite struct MarkdownHTMLTests {
    private static let link = "rel=\"noopener noreferrer\""

    @Test(
        "Markdown becomes HTML",
        arguments: [
            ("a *b* **c** ~~d~~ `e<`", "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e&lt;</code></p>\n"),
            ("# T\ntext", "<h1>T</h1>\n<p>text</p>\n"),
            ("> q\n\n---", "<blockquote>\n<p>q</p>\n</blockquote>\n<hr>\n"),
            ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
            ("2. a", "<ol start=\"2\">\n<li>a</li>\n</ol>\n"),
            ("- a\n  - b", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>\n"),
            (
                "- [x] a",
                "<ul>\n<li class=\"task\"><input type=\"checkbox\" aria-label=\"done\" checked disabled> a</li>\n</ul>\n"
            ),
            ("```swift\na < b\n```", "<pre><code class=\"language-swift\">a &lt; b\n</code></pre>\n"),
            (
                "|a|b|\n|-|-:|\n|1|2|",
                "<table>\n<thead>\n<tr><th>a</th><th class=\"right\">b</th></tr>\n</thead>\n<tbody>\n"
                    + "<tr><td>1</td><td class=\"right\">2</td></tr>\n</tbody>\n</table>\n"
            ),
            ("|a|\n|-|", "<table>\n<thead>\n<tr><th>a</th></tr>\n</thead>\n</table>\n"),
            ("[t](https://e.x/?a=1&b='\")", "<p><a href=\"https://e.x/?a=1&amp;b=&#39;%22\" \(link)>t</a></p>\n"),
            ("[t](mailto:a@e.x)", "<p><a href=\"mailto:a@e.x\" \(link)>t</a></p>\n"),
            ("![alt](HTTPS://e.x/i.png)", "<p><a href=\"HTTPS://e.x/i.png\" \(link)>alt</a></p>\n"),
            ("[![alt](https://e.x/i)](https://e.x)", "<p><a href=\"https://e.x\" \(link)>alt</a></p>\n"),
        ])
    func html(text: String, expected: String) {
        expectEqual(Markdown.html(text), expected)
    }

    @Test(
        "nothing executable gets through",
        arguments: [
            ("<script>alert(1)</script>", "<pre><code class=\"language-html\">&lt;script&gt;"),
            ("a <img src=x onerror=alert(1)>", "a &lt;img src=x onerror=alert(1)&gt;"),
            ("[t](javascript:alert(1))", "<p>t</p>"),
            ("[t](JaVaScRiPt:alert(1))", "<p>t</p>"),
            ("[t](&#106;avascript:alert(1))", "<p>t</p>"),
            ("[t](data:text/html;base64,AAAA)", "<p>t</p>"),
            ("[t](//evil.example)", "<p>t</p>"),
            ("<javascript:alert(1)>", "<p>javascript:alert(1)</p>"),
            ("![x](vbscript:a)", "<p>x</p>"),
            ("[t](https://e.x/\"onmouseover=alert(1))", "href=\"https://e.x/%22onmouseover=alert(1)\""),
            ("```\"><script>\nx\n```", "<code class=\"language-&quot;&gt;&lt;script&gt;\">"),
            ("https://e.x/<script>", "&lt;script&gt;"),
        ])
    func hostile(text: String, expected: String) {
        let html = Markdown.html(text)
        #expect(html.contains(expected), "\(html)")
        #expect(!html.contains("<script"))
        #expect(!html.contains("<img"))
    }

    @Test(
        "signs beside Chinese, Japanese and Korean text make emphasis",
        arguments: [
            ("这是**强调。**后面", "这是<strong>强调。</strong>后面"),
            ("前面**“强调”**后面", "前面<strong>“强调”</strong>后面"),
            ("a**《强调》**b", "a<strong>《强调》</strong>b"),
            ("**\"x.\"**后面", "<strong>&quot;x.&quot;</strong>后面"),
            ("我可以强调**这个`code`**吗", "我可以强调<strong>这个<code>code</code></strong>吗"),
            ("这**`code`**吗*“x”*吗", "这<strong><code>code</code></strong>吗<em>“x”</em>吗"),
            ("**이 용어(This term)**를 강조", "<strong>이 용어(This term)</strong>를 강조"),
            ("~~削除（古い）。~~後", "<del>削除（古い）。</del>後"),
            ("***強調。***後と**[。](https://e.x)**後", nil),
            ("- [ ] **必須。**後", nil),
            ("|表|\n|-|\n|**強調。**後|", nil),
            ("中_强调。_后", "中_强调。_后"),
            ("** 强调。**后", "** 强调。**后"),
            ("强调。\\*\\*后**", "强调。**后**"),
            ("`**强调。**后`", "<code>**强调。**后</code>"),
            ("é**“x”**é", "é**“x”**é"),
            ("😀**“x”**😀", "😀**“x”**😀"),
        ] as [(String, String?)])
    func wideText(text: String, expected: String?) {
        let html = Markdown.html(text)
        if let expected {
            expectEqual(html, "<p>\(expected)</p>\n")
        } else {
            #expect(html.contains(/<(strong|del)>/) && !html.contains("**"), "\(html)")
        }
    }

    @Test(
        "backslashes of formulas stay",
        arguments: [
            (#"\(a^2\) and \[x\]"#, #"\(a^2\) and \[x\]"#),
            (#"a\,b\;c \{1\}"#, #"a\,b\;c \{1\}"#),
            (#"\*a\* \_b\_ \. \! \- \> \| \` \~ \\ \$"#, "*a* _b_ . ! - &gt; | ` ~ \\ $"),
            (#"\[x\](/y)"#, #"\[x\](/y)"#),
            (#"[\[1\]](https://e.x/a_\(b\))"#, #"<a href="https://e.x/a_(b)" rel="noopener noreferrer">\[1\]</a>"#),
            (#"`\[x\] \(`"#, #"<code>\[x\] \(</code>"#),
            (#"\\[x](https://e.x)"#, #"\<a href="https://e.x" rel="noopener noreferrer">x</a>"#),
            (#"[t](https://e.x/\[1\])"#, #"<a href="https://e.x/[1]" rel="noopener noreferrer">t</a>"#),
            ("\u{1}\\[x\\]", "\u{1}[x]"),
        ])
    func backslashes(text: String, expected: String) {
        expectEqual(Markdown.html(text), "<p>\(expected)</p>\n")
    }

    @Test("backslashes in code blocks stay")
    func backslashesInCode() {
        expectEqual(
            Markdown.html("```a\\[\n\\[x\\]\n```"), "<pre><code class=\"language-a[\">\\[x\\]\n</code></pre>\n")
    }
}
