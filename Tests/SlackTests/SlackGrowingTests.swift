import Chat
import TestSupport
import Testing

@testable import Slack

@Suite("Growing messages")
struct SlackGrowingTests {
    @Test("additions continue the stream; text that changes twice stops them")
    func additions() {
        var growing = SlackGrowing(form: .stream(since: 0), touched: 0)
        expectEqual(growing.addition(for: "one\n\ntw"), "one\n\n")
        growing.sent = "one\n\n"
        expectEqual(growing.addition(for: "one\n\ntwo"), nil)
        expectEqual(growing.addition(for: "one"), nil)
        expectEqual(growing.remainder(of: "one\n\ntwo!"), "two!")
        #expect(!growing.isDerailed)
        // A single change may be temporary.
        expectEqual(growing.addition(for: "other\n\nthing"), nil)
        #expect(!growing.isDerailed)
        expectEqual(growing.addition(for: "one\n\ntwo three"), "two ")
        expectEqual(growing.addition(for: "other\n\nthing"), nil)
        expectEqual(growing.addition(for: "other\n\nthings"), nil)
        #expect(growing.isDerailed)
        expectEqual(growing.remainder(of: "one\n\ntwo!"), nil)
    }

    @Test("a growing message follows its channel to its new id, where only edits change it")
    func moved() {
        var messages = SlackGrowingMessages()
        let old = RoomID(adapter: AdapterID("slack:team"), name: "C1")
        let new = RoomID(adapter: AdapterID("slack:team"), name: "C2")
        messages.keep(SlackGrowing(form: .stream(since: 0), touched: 0), for: MessageReference(room: old, id: "1.1"))
        messages.move(from: old, to: new)
        expectEqual(messages[MessageReference(room: old, id: "1.1")], nil)
        expectEqual(messages[MessageReference(room: new, id: "1.1")]?.isDerailed, true)
    }

    @Test("a stream cut into any pieces shows a prefix of the whole text")
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
        var last = ""
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
            // As the composer trims a message.
            while text.last?.isWhitespace == true { text.removeLast() }
            if let addition = growing.addition(for: text) {
                shown += addition
                growing.sent = shown
            }
            #expect(!growing.isDerailed)
            last = text
        }
        #expect(last.utf8.starts(with: shown.utf8))
        #expect(shown.utf8.count > whole.utf8.count / 2)
    }

    @Test("a stream is due to end after four minutes")
    func age() {
        let growing = SlackGrowing(form: .stream(since: 1_000), touched: 0)
        #expect(!growing.isDue(at: 240_999))
        #expect(growing.isDue(at: 241_000))
        #expect(!SlackGrowing(form: .edits, touched: 0).isDue(at: 1_000_000))
    }
}
