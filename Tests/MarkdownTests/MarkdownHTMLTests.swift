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
}
