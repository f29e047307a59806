import Chat
import IRC
import TestSupport
import Testing

@Suite("Markdown to IRC")
struct IRCFormattingTests {
    /// The rendered lines, with codes as readable marks.
    private func lines(_ markdown: String) -> [String] {
        let rendered = IRCFormatting().render(markdown)
        return rendered.lines.map { Self.readable(rendered.bytes[$0.range]) }
    }

    static func readable(_ bytes: ArraySlice<UInt8>) -> String {
        var text = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\u{2}": text += "[b]"
            case "\u{1D}": text += "[i]"
            case "\u{1E}": text += "[s]"
            case "\u{11}": text += "[m]"
            case "\u{F}": text += "[0]"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    @Test("Markdown that could become very much stays small", arguments: CostlyMarkdown.allCases)
    func costly(_ sample: CostlyMarkdown) {
        #expect(IRCFormatting().render(sample.text).bytes.count <= CostlyMarkdown.limit)
    }

    @Test("the margins of more than sixteen levels are not repeated on each line")
    func deepMargins() {
        let quotation = String(repeating: "> ", count: 40)
        expectEqual(
            self.lines("\(quotation)a\n\(quotation)\n\(quotation)b"),
            [quotation + "a", String(repeating: "> ", count: 16) + "b"])
    }

    @Test(
        "emphasis beside Chinese text, and the backslashes of formulas",
        arguments: [
            ("这是**强调。**后面*“x”*吗", "这是[b]强调。[b]后面[i]“x”[i]吗"),
            (#"\(a^2\) \[x\] a\,b \*c\*"#, #"\(a^2\) \[x\] a\,b *c*"#),
        ])
    func wideText(markdown: String, expected: String) { expectEqual(self.lines(markdown), [expected]) }

    @Test(
        "Markdown becomes formatting codes",
        arguments: [
            ("plain", ["plain"]), ("**b** and *i* and ~~s~~", ["[b]b[b] and [i]i[i] and [s]s[s]"]),
            ("a `code` b", ["a [m]code[m] b"]), ("# Title\ntext", ["[b]Title[b]", "text"]),
            ("# A **b** c", ["[b]A b c[b]"]), ("***both***", ["[i][b]both[b][i]"]),
            ("one\ntwo\n\nthree", ["one two", "three"]), ("one  \ntwo", ["one", "two"]),
            ("**a  \nb**", ["[b]a[b]", "[b]b[b]"]), ("- a\n- b\n  - c\n", ["- a", "- b", "  - c"]),
            ("3. a\n4. b", ["3. a", "4. b"]), ("- a\n\n  b", ["- a", "  b"]),
            ("- [ ] open\n- [x] done", ["- [ ] open", "- [x] done"]), ("> q\n> r\n\nx", ["> q r", "x"]),
            ("> - a\n>   b", ["> - a b"]),
            (
                "```swift\nlet a = 1\n\n\tb\n```", ["    [m]let a = 1[m]", "    [m]    b[m]"]
            ), ("- x\n  ```\n  y\n  ```", ["- x", "      [m]y[m]"]),
            ("---", ["----"]), ("[text](https://e.org/x)", ["text <https://e.org/x>"]),
            ("<https://e.org/x>", ["https://e.org/x"]), ("see https://e.org/x.", ["see https://e.org/x."]),
            ("[x](javascript:alert)", ["x"]), ("![cat](https://e.org/c.png)", ["cat <https://e.org/c.png>"]),
            ("|a|b|\n|-|-|\n|1|2|", ["[m][b]a | b[b][m]", "[m]1 | 2[m]"]), ("a <b>x</b>", ["a <b>x</b>"]), ("", []),
            ("\n\n", []), ("1 < 2 && 3 > 2", ["1 < 2 && 3 > 2"]), ("/quit now", ["/quit now"]),
            ("héllo 😀", ["héllo 😀"]),
        ])
    func markup(_ markdown: String, _ expected: [String]) {
        expectEqual(self.lines(markdown), expected)
    }

    @Test("A table's columns are aligned by display width")
    func table() {
        let table = """
            | word | `n` | letters |
            |:-----|:-:|-----:|
            | **Grüß** Gott | a | 8 |
            | こんにちは | [x](https://e.org) | 15 |
            | 👩🏽‍🚀 |
            """
        expectEqual(
            self.lines(table),
            [
                "[m][b]word       |         n         | letters[b][m]",
                "[m][b]Grüß[b] Gott  |         a         |       8[m]",
                "[m]こんにちは | x <https://e.org> |      15[m]",
                "[m]👩🏽‍🚀         |                   | [m]",
            ])
        let quoted = self.lines("> | a | b |\n> |---|---|\n> | ccc | d |")
        expectEqual(quoted, ["> [m][b]a   | b[b][m]", "> [m]ccc | d[m]"])
    }

    @Test("A table that would wrap is not padded")
    func wideTable() {
        let long = String(repeating: "x", count: 98)
        expectEqual(self.lines("|a|b|\n|-|-|\n|\(long)|`c`|"), ["[b]a | b[b]", "\(long) | c"])
    }

    @Test("Control characters in the text are not sent")
    func controls() {
        let all = String(String.UnicodeScalarView((1..<0xA0).compactMap { Unicode.Scalar(UInt8($0)) }))
        for markdown in ["x" + all + "y", "    x" + all + "y", "`" + all + "`", "[a](https://e.org/" + all + ")"] {
            let rendered = IRCFormatting().render(markdown)
            for line in rendered.lines {
                let text = String(decoding: rendered.bytes[line.range], as: UTF8.self)
                for scalar in text.unicodeScalars where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) {
                    #expect([0x02, 0x0F, 0x11, 0x1D, 0x1E].contains(scalar.value), "\(scalar.value)")
                }
            }
        }
        expectEqual(self.lines("a\u{2028}b\u{1}ACTION c\u{1}"), ["a bACTION c"])
    }

    @Test("Lines are marked where blocks start")
    func blocks() {
        let rendered = IRCFormatting().render("a  \nb\n\n- c\n- d\n\n```\ne\nf\n```\n")
        expectEqual(rendered.lines.map(\.startsBlock), [true, false, true, true, true, false])
        #expect(rendered.frames.isEmpty)
    }
}

@Suite("IRC to Markdown")
struct IRCIncomingFormattingTests {
    @Test(
        "Plain text has no codes",
        arguments: [
            ("plain", "plain"), ("\u{2}b\u{2} \u{1D}i\u{1D} \u{1F}u\u{1F} \u{16}r\u{16}\u{F}", "b i u r"),
            ("\u{3}4red\u{3} x", "red x"), ("\u{3}04,12red", "red"), ("\u{3}4,red", ",red"), ("\u{3}123", "3"),
            ("\u{3},5x", ",5x"), ("\u{3}1,234", "4"), ("\u{4}ff0000red\u{4}", "red"),
            ("\u{4}FF0000,00ff00red", "red"), ("\u{4}ff00x", "ff00x"), ("a\u{3}", "a"), ("a\u{7}\u{7F}b\tc", "ab\tc"),
        ])
    func plain(_ coded: String, _ expected: String) {
        expectEqual(IRCText.decode(IRCIncomingFormatting.plainBytes(Array(coded.utf8)[...])), expected)
    }

    @Test(
        "Formatted runs become Markdown; text formatted as a whole becomes plain",
        arguments: [
            ("a \u{2}b\u{2} c", "a **b** c"), ("\u{2}all bold", "all bold"), ("\u{2} \u{1D}\u{2}", " "),
            ("x \u{11}f(*a)\u{11}", "x `f(*a)`"), ("x\u{1D} y \u{1D}z", "x *y* z"), ("x \u{1E}y\u{F} z", "x ~~y~~ z"),
            ("x \u{2}\u{1D}y\u{F} z", "x ***y*** z"), ("x \u{3}4y\u{3} z", "x y z"),
        ])
    func markdown(_ coded: String, _ expected: String) {
        expectEqual(IRCIncomingFormatting.markdown(Array(coded.utf8)[...]), expected)
    }
}
