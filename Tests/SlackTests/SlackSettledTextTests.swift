import TestSupport
import Testing

@testable import Slack

@Suite("The settled part of a preview")
struct SlackSettledTextTests {
    @Test(
        "text that may still change is held back",
        arguments: [
            ("one", ""), ("para\n\nnext", "para\n\n"), ("- a\n- b\n- c", "- a\n- b\n"),
            ("x\n\n1. a\n2. b", "x\n\n1. a\n"), ("x\n\n| a | b |\n| --- | --- |\n| 1 | 2 |", "x\n\n"),
            ("x\n\n```swift\nlet a\nlet b\n```", "x\n\n```swift\nlet a\n"),
            ("x\n\n```\na\n```\n\ny", "x\n\n```\na\n```\n\n"), ("```\na\n```", ""),
            ("````\n```\nb\nc\n````", "````\n```\nb\n"), ("", ""), ("> a\n>\n> b", "> a\n>\n"),
            ("x\n\n| a |\n| --- |\n\n\\|", "x\n\n"),
            ("x\n\n| a |\n| --- |\n\ny", "x\n\n| a |\n| --- |\n\n"),
        ])
    func blocks(preview: String, expected: String) {
        expectEqual(SlackSettledText.prefix(of: preview), expected)
    }

    @Test(
        "a paragraph's words count as soon as they are settled",
        arguments: [
            ("one line", "one "), ("one two\nthr", "one two\n"), ("a\n\none two thr", "a\n\none two "),
            ("one \\*\\*two thr", "one "), ("one **two** thr", "one **two** "), ("one **two thr**", "one "),
            ("one `a b` two", "one `a b` "), ("one ``a ` b`` two", "one ``a ` b`` "), ("2 * 3 * 4", "2 * 3 * "),
            ("one *two **x** y* z", "one "), ("see [a b](http://e.x) now", "see "), ("a < b & c d", "a < b & c "),
            ("a &lt;b> c", "a "), ("https://example.org/a b", "https://example.org/a "), ("# one two", ""),
            ("> one two", ""), ("| a | b |", ""), ("- one tw", "- one "), ("- a\n  - b cd", "- a\n  - b "),
            ("- [ ] a b", ""), ("1. one two", "1. one "), ("- a\n- ", "- a\n"), ("---", ""),
            ("one two\n\n```\na", "one two\n\n"),
        ])
    func words(preview: String, expected: String) {
        expectEqual(SlackSettledText.prefix(of: preview), expected)
    }
}
