import Primitives
import TestSupport
import Testing

@testable import jetbridge

@Suite("Markdown in a terminal")
struct TerminalMarkdownTests {
    /// The text with readable styles: `[1]bold[0]`.
    private func shown(_ lines: [String]) -> [String] { lines.map { $0.replacing("\u{1B}[", with: "[") } }

    private func lines(_ markdown: String, width: Int = 40) -> [String] {
        self.shown(TerminalMarkdownWriter.lines(of: markdown, width: width))
    }

    @Test("styles, headings and code")
    func styles() {
        expectEqual(
            self.lines("# One\n\n## Two\n\n**b** *i* ~~s~~ `c`"),
            [
                "[1;4mOne[0m", "", "[1mTwo[0m", "", "[1mb[0m [3mi[0m [9ms[0m [36mc[0m",
            ])
        expectEqual(self.lines("```\nlet x =\n\n\ty\n```"), ["  [36mlet x =[0m", "", "  [36m    y[0m"])
    }

    @Test("text is wrapped between words, by display width, with the margins of lists and quotations")
    func wrapping() {
        expectEqual(self.lines("one two three four five", width: 20), ["one two three four", "five"])
        expectEqual(self.lines("日本語日本語 日本語日本語", width: 20), ["日本語日本語", "日本語日本語"])
        expectEqual(
            self.lines("https://example.org/a-long-address x", width: 20),
            [
                "[4mhttps://example.org/a-long-address[0m", "x",
            ])
        expectEqual(self.lines("> one two three four five", width: 20), ["[2m│[0m one two three four", "[2m│[0m five"])
        expectEqual(self.lines("a  \nb"), ["a", "b"])
    }

    @Test("emphasis beside Chinese text, and the backslashes of formulas")
    func wideText() {
        expectEqual(self.lines("这是**强调。**后面"), ["这是[1m强调。[0m后面"])
        expectEqual(self.lines(#"\(a^2\) \[x\] a\,b \*c\*"#), [#"\(a^2\) \[x\] a\,b *c*"#])
    }

    @Test("lists: markers, numbers, tasks, nesting, tight and loose")
    func lists() {
        expectEqual(self.lines("- a\n- b\n  1. c\n  2. d\n- [x] e"), ["• a", "• b", "  1. c", "  2. d", "• ☑ e"])
        expectEqual(self.lines("9. a\n\n   b\n\n10. c"), ["9. a", "", "   b", "", "10. c"])
        expectEqual(self.lines("- a\n\n  ```\n  x\n  ```"), ["• a", "", "    [36mx[0m"])
    }

    @Test("tables are aligned by display width; a table that is too wide becomes lists")
    func tables() {
        let table = "| a | *b* |\n|---|---:|\n| 日本 | 1 |\n| x | 22 |"
        expectEqual(
            self.lines(table),
            [
                "[1ma[0m    [2m│[0m  [1;3mb[0m", "[2m─────┼───[0m", "日本 [2m│[0m  1", "x    [2m│[0m 22",
            ])
        let wide = "| name | what it is |\n|---|---|\n| a | one two three four |\n| b | five |"
        expectEqual(
            self.lines(wide, width: 20),
            [
                "[1mname: [0ma", "[1mwhat it is: [0mone two", "three four", "", "[1mname: [0mb",
                "[1mwhat it is: [0mfive",
            ])
    }

    @Test("a link shows its target unless its text is the target")
    func links() {
        expectEqual(self.lines("[x](https://a.example)"), ["[4mx[0m[2m <https://a.example>[0m"])
        expectEqual(self.lines("https://a.example"), ["[4mhttps://a.example[0m"])
        expectEqual(
            self.lines("[https://good.example](https://evil.example)", width: 80),
            ["[4mhttps://good.example[0m[2m <https://evil.example>[0m"])
        expectEqual(
            self.lines("![alt](https://a.example/p.png)", width: 80),
            [
                "image: [4malt[0m[2m <https://a.example/p.png>[0m"
            ])
        expectEqual(
            self.lines("[a **b**](https://x.example) ![c](https://p.example) https://y.example", width: 200),
            [
                "[4ma [0m[1;4mb[0m[2m <https://x.example>[0m image: [4mc[0m[2m <https://p.example>[0m "
                    + "[4mhttps://y.example[0m"
            ])
    }

    @Test("control characters are shown, not obeyed")
    func controls() {
        let terminal = Terminal(isTerminal: true) { _ in }
        expectEqual(
            terminal.shown("a\u{1B}[2Jb\u{7}\u{9B}\u{202E}\u{200B}c\td\r\ne\rf"),
            "a␛[2Jb␇⟨U+9B⟩⟨U+202E⟩⟨U+200B⟩c\td\ne␍f")
        expectEqual(self.lines("a\u{1B}]0;x\u{7}b `\u{1B}[2J`"), ["a␛]0;x␇b [36m␛[2J[0m"])
    }

    // MARK: Streams

    private static let clear = "\r\u{1B}[K"

    /// What each piece prints, and the end, without the line that shows what is not complete.
    private func stream(_ pieces: [String]) -> [String] {
        var markdown = TerminalMarkdown(width: 40)
        let outputs = pieces.map { piece in
            let output = markdown.append(piece)
            var copy = markdown
            // The waiting line is the last thing printed, so that hiding it shows how long it is.
            guard !copy.hideWaiting().isEmpty, let start = output.ranges(of: "\u{1B}[2m").last?.lowerBound else {
                return output
            }
            return String(output[..<start])
        }
        return self.shown((outputs + [markdown.finish()]).map { $0.replacing(Self.clear, with: "") })
    }

    @Test("a block, a list item and a line of code appear as soon as they are complete")
    func streaming() {
        let outputs = self.stream([
            "One *t", "wo*\n\nTh", "ree\n- a\n", "- b", "\n\n```\nx\ny", "\n```\nend",
        ])
        expectEqual(
            outputs,
            [
                "", "One [3mtwo[0m\n", "\nThree\n", "", "\n• a\n• b\n\n  [36mx[0m\n", "  [36my[0m\n", "\nend\n",
            ])
    }

    @Test("the whole is the same however the text is cut")
    func cuts() {
        let text = """
            # T

            intro
            - a
            - b
              - c

            1. x

            2. y

            ```sh
            ls

            ```
            > q

            | a | b |
            |---|---|
            | 1 | 2 |

            Grüße 🚀 end
            """
        let once = self.stream([text]).joined()
        #expect(once.hasPrefix("[1;4mT[0m\n\nintro\n\n• a\n• b\n  • c\n\n1. x\n\n2. y\n\n  [36mls[0m\n\n\n[2m│[0m q\n"))
        #expect(once.hasSuffix("\n\nGrüße 🚀 end\n"))
        for size in [1, 2, 3, 7, 50] {
            var pieces: [String] = []
            var rest = text[...]
            while !rest.isEmpty {
                pieces.append(String(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            expectEqual(self.stream(pieces).joined(), once, "\(size)")
        }
    }

    @Test("two million blank lines in one piece are taken in one pass", .timeLimit(.minutes(1)))
    func blankLines() {
        var markdown = TerminalMarkdown(width: 40)
        expectEqual(markdown.append("a\n" + String(repeating: "\n", count: 2 << 20)), "a\n")
        expectEqual(markdown.append("b"), "\u{1B}[2mb\u{1B}[0m")
        expectEqual(markdown.finish(), "\r\u{1B}[K\nb\n")
    }

    @Test("what is not complete shows in one line that the next output replaces")
    func waiting() {
        var markdown = TerminalMarkdown(width: 10)
        expectEqual(markdown.append("0123456789abc"), "\u{1B}[2m456789abc\u{1B}[0m")
        expectEqual(markdown.append("d\n"), "\r\u{1B}[K\u{1B}[2m56789abcd\u{1B}[0m")
        #expect(markdown.hideWaiting() == "\r\u{1B}[K" && markdown.hideWaiting() == "")
        expectEqual(markdown.finish(), "0123456789abcd\n")
        expectEqual(markdown.finish(), "")
        let long = String(repeating: "0123456789", count: 1_000)
        expectEqual(markdown.append("\(long)日本語🚀"), "\u{1B}[2m9日本語🚀\u{1B}[0m")
        expectEqual(markdown.append("日x"), "\r\u{1B}[K\u{1B}[2m本語🚀日x\u{1B}[0m")
    }
}
