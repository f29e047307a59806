import Chat
import JSON
import Markdown
import Telegram
import TestSupport
import Testing

@Suite("Conversion of markup to text and entities")
struct TelegramMarkupTests {
    /// `type@offset+length` of each entity.
    private func places(_ markup: TelegramMarkup) -> [String] {
        markup.entities.map { "\($0.type)@\($0.offset)+\($0.length)" }
    }

    @Test(
        "Offsets are UTF-16 code units of the text",
        arguments: [
            ("<b>bold</b> and <i>more</i>", "bold and more", ["bold@0+4", "italic@9+4"]),
            ("👩‍👩‍👧‍👦 <b>x</b>", "👩‍👩‍👧‍👦 x", ["bold@12+1"]),
            ("<b>👍🏽</b>é<s>日本</s>", "👍🏽é日本", ["bold@0+4", "strikethrough@5+2"]),
            ("<b>a<i>b</i></b>", "ab", ["bold@0+2", "italic@1+1"]),
            ("a &lt;b&gt; &amp; &quot;c&quot;", "a <b> & \"c\"", []),
            ("<a href=\"https://x.org/?a=1&amp;b=2\">x</a>", "x", ["text_link@0+1"]),
            ("  <b> a </b> \n", "a", ["bold@0+1"]),
            ("<pre>\nlet a\n</pre>", "let a", ["pre@0+5"]),
            ("<pre>\na\n\n</pre>", "a", ["pre@0+1"]),
            ("x\n<pre><code class=\"language-swift\">\nlet a\n</code></pre>\ny", "x\nlet a\ny", ["pre@2+5"]),
            ("<blockquote>\nq\nr\n</blockquote>", "q\nr", ["blockquote@0+3"]),
            (
                "<blockquote>\nq\n</blockquote>\n<blockquote><pre>\nc\n</pre></blockquote>", "q\nc",
                ["blockquote@0+3", "pre@2+1"]
            ),
            (
                "<blockquote>\nq\n</blockquote>\n\n<blockquote>\nr\n</blockquote>", "q\n\nr",
                ["blockquote@0+1", "blockquote@3+1"]
            ),
            ("<b>bold <code>c</code> more</b>", "bold c more", ["bold@0+5", "code@5+1", "bold@6+5"]),
            ("<a href=\"https://x.org\"><code>c</code></a>", "c", ["text_link@0+1"]),
            ("<b>open", "open", ["bold@0+4"]),
            // A message that begins where a word was cut mentions nobody.
            ("<b>@ann</b> <i>x</i>", "@\u{2060}ann x", ["bold@0+5", "italic@6+1"]),
            ("@\u{2060}ann", "@\u{2060}ann", []), ("<code>@ann</code>", "@ann", ["code@0+4"]), ("@ x", "@ x", []),
            ("/usr/bin is there", "/usr/bin is there", []), ("/stop it", "/\u{2060}stop it", []),
            ("a</b>b", "ab", []),
            ("1 < 2 & <x>", "1 < 2 & <x>", []),
        ])
    func conversion(markup: String, text: String, entities: [String]) {
        let result = TelegramMarkup(markup)
        expectEqual(result.text, text)
        expectEqual(self.places(result), entities)
    }

    @Test("A link keeps its address and a code block its language")
    func details() {
        expectEqual(
            TelegramMarkup("<a href=\"https://x.org/?a=1&amp;b=2\">x</a>").entities.first?.url, "https://x.org/?a=1&b=2"
        )
        let code = TelegramMarkup("<pre><code class=\"language-c++\">\nx\n</code></pre>")
        expectEqual(code.entities.first?.language, "c++")
    }

    @Test("People who are mentioned stand above the text, which keeps its entities")
    func mentions() {
        let people = [
            Mention(person: "1001", name: "Zoë 🦊"), Mention(person: "x", name: "nobody"), Mention(person: "7"),
            Mention(person: "1002", name: "Bob"),
        ]
        let result = TelegramMarkup("a <b>b</b>").mentioning(people)
        expectEqual(result.text, "Zoë 🦊, Bob:\na b")
        expectEqual(self.places(result), ["text_mention@0+6", "text_mention@8+3", "bold@15+1"])
        expectEqual(result.entities.map(\.user), [1001, 1002, nil])
        expectEqual(result.entities[0].json["user"]?["id"], 1001)
        expectEqual(TelegramMarkup("a").mentioning([Mention(person: "7")]), TelegramMarkup("a"))
    }

    @Test("White space alone is an empty text")
    func empty() {
        #expect(TelegramMarkup(" \n<b> </b>").text.isEmpty)
        #expect(TelegramMarkup(" \n<b> </b>").entities.isEmpty)
    }

    @Test("Beyond a hundred entities, styles are dropped before code")
    func limit() {
        let markup = String(repeating: "<b>b</b> <i>i</i> <code>c</code> ", count: 60) + "<pre>\np\n</pre>"
        let result = TelegramMarkup(markup)
        let counts = Dictionary(grouping: result.entities, by: \.type).mapValues(\.count)
        expectEqual(counts, ["pre": 1, "code": 60, "bold": 39])
        expectEqual(result.entities.map(\.offset), result.entities.map(\.offset).sorted())
    }
}
