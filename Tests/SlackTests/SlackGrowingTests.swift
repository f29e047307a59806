import Chat
import Testing

@testable import Slack

@Suite("Messages that grow by streaming")
struct SlackGrowingTests {
    @Test(
        "what may still change is held back",
        arguments: [
            ("one line", ""), ("para\n\nnext", "para\n\n"), ("- a\n- b\n- c", "- a\n- b\n"),
            ("x\n\n1. a\n2. b", "x\n\n1. a\n"), ("x\n\n| a | b |\n| --- | --- |\n| 1 | 2 |", "x\n\n"),
            ("x\n\n```swift\nlet a\nlet b\n```", "x\n\n```swift\nlet a\n"),
            ("x\n\n```\na\n```\n\ny", "x\n\n```\na\n```\n\n"), ("```\na\n```", ""),
            ("````\n```\nb\nc\n````", "````\n```\nb\n"), ("one\ntwo", ""), ("", ""), ("> a\n>\n> b", "> a\n>\n"),
            ("x\n\n| a |\n| --- |\n\n\\|", "x\n\n"),
            ("x\n\n| a |\n| --- |\n\ny", "x\n\n| a |\n| --- |\n\n"),
        ])
    func stable(preview: String, expected: String) {
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
        #expect(growing.addition(for: "other\n\nthing") == nil)
        #expect(growing.isDerailed)
        #expect(growing.remainder(of: "one\n\ntwo!") == nil)
    }

    @Test("a stream of any text, in any pieces, never shows what the whole does not say")
    func anyPieces() {
        let whole = """
            Words before.

            - one
            - two
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
