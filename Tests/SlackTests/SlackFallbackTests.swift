import TestSupport
import Testing

@testable import Slack

@Suite("The fallback text of blocks")
struct SlackFallbackTests {
    @Test(
        "the words are kept line by line, without Markdown's signs",
        arguments: [
            ("You said: hello", "You said: hello"), ("one\n\ntwo", "one\n\ntwo"),
            ("2 \\* 3 \\_x\\_ C:\\dir `a\\*b`", "2 * 3 _x_ C:\\dir a\\*b"), ("a &lt;b> & c", "a &lt;b&gt; &amp; c"),
            ("```swift\nlet a = \"\\n\" &lt;\n```\nend", "let a = \"\\n\" &amp;lt;\n\nend"),
            ("| a | b |\n| --- | --- |\n| 1 | 2 |", "a | b\n1 | 2"), ("", "A message"), ("\n \n", "A message"),
            ("# Head\n\n**bold** *it* ~~gone~~ `code`", "Head\n\nbold it gone code"),
            ("- one\n- two\n  - in\n\nend", "• one\n• two\n  • in\n\nend"), ("3. a\n4. b", "3. a\n4. b"),
            ("> quoted\n> more\n\nx", "quoted\nmore\n\nx"), ("- [ ] a\n- [x] b", "☐ a\n☑ b"),
            ("[text](https://e.org) https://e.org/x", "text (https://e.org) https://e.org/x"),
            ("a\n\n---\n\nb", "a\n\nb"),
            ("<\u{200B}!channel>", "&lt;\u{200B}!channel&gt;"),
        ])
    func words(markdown: String, expected: String) {
        expectEqual(SlackFallback.text(of: markdown), expected)
    }

    @Test("it is cut to the limit of an edit, in whole characters", arguments: ["a", "<", "é", "👨‍👩‍👧", "word\n"])
    func limit(piece: String) {
        let source = String(repeating: piece, count: 12_000)
        let text = SlackFallback.text(of: source)
        #expect(text.utf8.count <= 3_900)
        #expect(text.utf8.count > 3_700)
        #expect(text.hasSuffix("…"))
        #expect(source.hasPrefix(SlackMarkup.unescaped(text.dropLast())))
    }
}
