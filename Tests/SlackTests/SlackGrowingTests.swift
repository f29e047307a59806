import Chat
import Testing

@testable import Slack

@Suite("Messages that grow by streaming")
struct SlackGrowingTests {
    @Test(
        "what may still change is held back",
        arguments: [
            ("one", ""), ("para\n\nnext", "para\n\n"), ("- a\n- b\n- c", "- a\n- b\n"),
            ("x\n\n1. a\n2. b", "x\n\n1. a\n"), ("x\n\n| a | b |\n| --- | --- |\n| 1 | 2 |", "x\n\n"),
            ("x\n\n```swift\nlet a\nlet b\n```", "x\n\n```swift\nlet a\n"),
            ("x\n\n```\na\n```\n\ny", "x\n\n```\na\n```\n\n"), ("```\na\n```", ""),
            ("````\n```\nb\nc\n````", "````\n```\nb\n"), ("", ""), ("> a\n>\n> b", "> a\n>\n"),
            ("x\n\n| a |\n| --- |\n\n\\|", "x\n\n"),
            ("x\n\n| a |\n| --- |\n\ny", "x\n\n| a |\n| --- |\n\n"),
        ])
    func stable(preview: String, expected: String) {
        #expect(SlackGrowing.stable(preview) == expected)
    }

    @Test(
        "the words of a paragraph come as soon as they are settled",
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
        #expect(SlackGrowing.stable(preview) == expected)
    }

    @Test("additions follow each other; a change of mind stops them until the end")
    func additions() {
        var growing = SlackGrowing(form: .stream(since: 0), touched: 0)
        #expect(growing.addition(for: "one\n\ntw") == "one\n\n")
        growing.sent = "one\n\n"
        #expect(growing.addition(for: "one\n\ntwo") == nil)
        #expect(growing.addition(for: "one") == nil)
        #expect(growing.remainder(of: "one\n\ntwo!") == "two!")
        #expect(!growing.isDerailed)
        // Once may be the moment's; not twice.
        #expect(growing.addition(for: "other\n\nthing") == nil)
        #expect(!growing.isDerailed)
        #expect(growing.addition(for: "one\n\ntwo three") == "two ")
        #expect(growing.addition(for: "other\n\nthing") == nil)
        #expect(growing.addition(for: "other\n\nthings") == nil)
        #expect(growing.isDerailed)
        #expect(growing.remainder(of: "one\n\ntwo!") == nil)
    }

    @Test("a stream of any text, in any pieces, never shows what the whole does not say")
    func anyPieces() {
        let whole = """
            Words before: **some that are _strong_**, `code *a*` and *more*
            in a second line, with [a link](https://example.org/a_b) & 2 * 3 < 7.
            - one **strong** word
            - two [of](https://example.org) them
              - nested ~~struck~~ words
              ```swift
              let a = 1
              ```

            | a | b |
            | --- | --- |
            | 1 | 2 |

            ```
            code
              more 👨‍👩‍👧
            ```

            > quote
            > more

            The end.
            """
        var growing = SlackGrowing(form: .stream(since: 0), touched: 0)
        var shown = ""
        for count in 0...whole.count {
            let preview = SlackFormatting().render(String(whole.prefix(count)))
            var text = ""
            var frame: Int?
            for line in preview.lines {
                if line.frame != frame {
                    if let frame { text += String(decoding: preview.frames[frame].close, as: UTF8.self) + "\n" }
                    if let next = line.frame {
                        text += String(decoding: preview.frames[next].open, as: UTF8.self) + "\n"
                    }
                    frame = line.frame
                }
                text += String(decoding: preview.bytes[line.range], as: UTF8.self) + "\n"
            }
            if let frame { text += String(decoding: preview.frames[frame].close, as: UTF8.self) + "\n" }
            // As the composer ends a message.
            while text.last?.isWhitespace == true { text.removeLast() }
            if let addition = growing.addition(for: text) {
                shown += addition
                growing.sent = shown
            }
            #expect(text.utf8.starts(with: shown.utf8) || !growing.isDerailed)
        }
        #expect(!growing.isDerailed)
        #expect(shown.utf8.count > whole.utf8.count / 2)
    }

    @Test("four minutes are the end of a stream")
    func age() {
        let growing = SlackGrowing(form: .stream(since: 1_000), touched: 0)
        #expect(!growing.isDue(at: 240_999))
        #expect(growing.isDue(at: 241_000))
        #expect(!SlackGrowing(form: .edits, touched: 0).isDue(at: 1_000_000))
    }
}
