import Testing

@testable import Slack

@Suite("What stands for a message's blocks")
struct SlackFallbackTests {
    @Test(
        "the words, line by line, without what only Markdown needs",
        arguments: [
            ("You said: hello", "You said: hello"), ("one\n\ntwo", "one\n\ntwo"),
            ("2 \\* 3 \\_x\\_ C:\\dir `a\\*b`", "2 * 3 _x_ C:\\dir `a\\*b`"), ("a &lt;b> & c", "a &lt;b&gt; &amp; c"),
            ("```swift\nlet a = \"\\n\" &lt;\n```\nend", "```\nlet a = \"\\n\" &amp;lt;\n```\nend"),
            ("| a | b |\n| --- | --- |\n| 1 | 2 |", "| a | b |\n| 1 | 2 |"), ("", "A message"), ("\n \n", "A message"),
            ("<\u{200B}!channel>", "&lt;\u{200B}!channel&gt;"),
        ])
    func words(markdown: String, expected: String) {
        #expect(SlackFallback.text(of: markdown) == expected)
    }

    @Test("no more than an edit takes, in whole characters", arguments: ["a", "<", "é", "👨‍👩‍👧", "word\n"])
    func limit(piece: String) {
        let text = SlackFallback.text(of: String(repeating: piece, count: 12_000))
        #expect(text.utf8.count <= 3_900)
        #expect(text.utf8.count > 3_700)
        #expect(text.hasSuffix("…"))
        #expect(text.dropLast().hasSuffix(SlackMarkup.escaped(String(piece.last ?? " "))) || piece == "word\n")
    }
}
