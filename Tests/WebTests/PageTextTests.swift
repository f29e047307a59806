import TestSupport
import Testing

@testable import Web

@Suite("Pages as text")
struct PageTextTests {
    private static func sentence(_ count: Int) -> String {
        String(repeating: "This is a sentence of the article, which somebody wrote. ", count: count)
    }

    @Test("Only the main text of an article, with its links and marks")
    func article() {
        let page = PageText(
            """
            <!DOCTYPE html><html><head><title>An &quot;article&quot;</title></head><body>
            <nav><ul><li><a href="/">Home</a><li><a href="/about">About us and what we do</a></ul></nav>
            <div class="sidebar"><p>\(Self.sentence(1))</p></div>
            <div id="content"><h1>Heading</h1><p>\(Self.sentence(4)) See <a href="../b?c=1&amp;d">the &amp; source</a>.</p>
            <p hidden>secret</p><p style="display: none">secret</p><div aria-hidden="true">secret</div>
            <pre>let a = 1
              let b = 2</pre><p>\(Self.sentence(4))</p><ul><li>one<li>two</ul>
            <table><tr><th>A<th>B<tr><td>1<td>2</table>
            <div class="share-buttons"><p>Tell everybody about it on all networks today</p></div></div>
            <footer><p>\(Self.sentence(1))</p></footer><script>var secret = "<p>"</script></body></html>
            """, at: "https://e.org/x/y/z")
        #expect(page.isMain && !page.isCut)
        #expect(page.text.hasPrefix("An \"article\"\n\n# Heading\n\nThis is"), "\(page.text)")
        #expect(page.text.contains("See [the & source](https://e.org/x/b?c=1&d)."), "\(page.text)")
        #expect(page.text.contains("```\nlet a = 1\n  let b = 2\n```"), "\(page.text)")
        #expect(page.text.contains("- one\n- two") && page.text.contains("A | B\n1 | 2"), "\(page.text)")
        for left in ["secret", "Home", "Tell everybody"] { #expect(!page.text.contains(left), "\(page.text)") }
        let count = page.text.components(of: "This is a sentence")
        expectEqual(count, 8)
    }

    @Test("A list of links has no main text: all of it is shown, and so it is where all is wanted")
    func lists() {
        let links = (1...40).map { "<li><a href=\"/\($0)\">Item number \($0) of the list</a></li>" }.joined()
        let list = PageText("<body><ul>\(links)</ul></body>", at: "https://e.org/")
        #expect(!list.isMain && list.text.contains("- [Item number 40 of the list](https://e.org/40)"), "\(list.text)")
        let article = "<nav>Menu</nav><article><p>\(Self.sentence(9))</p></article>"
        #expect(!PageText(article, at: "").text.contains("Menu"))
        #expect(PageText(article, at: "", isWhole: true).text.hasPrefix("Menu\n\nThis is"))
    }

    @Test("Links that are no pages are only their text")
    func links() {
        for address in ["javascript:alert(1)", "#top", "data:text/html,x", "https://e.org/a)b", "mailto:a@e.org"] {
            expectEqual(PageText("<p><a href=\"\(address)\">text</a></p>", at: "https://e.org/").text, "text")
        }
        expectEqual(
            PageText("<a href=https://e.org/a>x</a><a href='/b'></a>", at: "nothing").text, "[x](https://e.org/a)")
    }

    @Test(
        "Hostile pages are read in bounded time",
        arguments: [
            "<div>", "<p><table><tr><td>", "<b><a href=x>", "</div>", "<!--", "<script>", "<a href=\"", "<", "</",
            "<li>",
            "<p class='a' id=b c", "&#x316;", "<svg><p>", "<ul><li><p>x", "<title>", "<pre>\n", "\u{345}<b>\u{316}</b>",
            "<script><", "</script", "<x a=1 a=2>",
        ])
    func hostile(_ piece: String) {
        let page = PageText(String(repeating: piece, count: (1 << 19) / piece.utf8.count), at: "https://e.org/")
        #expect(page.text.utf8.count <= 4 << 20)
    }

    @Test("Nothing of a page is text that is in an attribute or a comment")
    func attributes() {
        expectEqual(PageText("<p title=\"a > b\">x<!-- > --> y</p><p>1 < 2</p>", at: "").text, "x y\n\n1 < 2")
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { self.ranges(of: part).count }
}
