import Chat
import TestSupport
import Testing

@testable import Delivery

@Suite("Output of commands", .timeLimit(.minutes(1)))
struct OutputTests {
    private func lines(_ text: String) -> [String] {
        var lines = TerminalLines()
        return lines.append(text) + [lines.flush()].compactMap { $0 }
    }

    @Test(
        "escape sequences and control characters are removed",
        arguments: [
            ("\u{1B}[1;31mred\u{1B}[0m\n", ["red"]), ("a\u{1B}]0;title\u{7}b\n", ["ab"]),
            ("a\u{1B}]8;;http://x\u{1B}\\link\u{1B}]8;;\u{1B}\\\n", ["alink"]), ("a\u{0}\u{1}\u{7F}b\n", ["ab"]),
            ("\u{1B}(Bplain\n", ["plain"]), ("\u{9B}31mred\n", ["red"]), ("a\tb\n", ["a\tb"]),
            ("a\u{202E}b\u{2066}\n", ["ab"]), ("no end", ["no end"]), ("\n\n", ["", ""]),
            // A broken sequence ends with its line.
            ("\u{1B}]0;never\nnext\n", ["", "next"]), ("ab\u{8}c\n", ["ac"]), ("👩‍👩‍👧\n", ["👩‍👩‍👧"]),
        ])
    func plain(_ text: String, expected: [String]) {
        expectEqual(self.lines(text), expected)
    }

    @Test(
        "a line that is rewritten keeps its last state",
        arguments: [
            ("10%\r20%\r100%\n", ["100%"]), ("line\r\nnext\r\n", ["line", "next"]), ("done\r", ["done"]),
            ("long text\rab\n", ["ab"]),
        ])
    func progress(_ text: String, expected: [String]) {
        expectEqual(self.lines(text), expected)
    }

    @Test("sequences that are split between pieces are recognised")
    func split() {
        var lines = TerminalLines()
        var result: [String] = []
        for scalar in "a\u{1B}[31mb\u{1B}]0;t\u{1B}\\c\r\nd\n".unicodeScalars { result += lines.append(String(scalar)) }
        expectEqual(result, ["abc", "d"])
    }

    private func markdown(_ pieces: [(CommandOutput.Stream, String)]) -> String {
        var composer = OutputComposer()
        var text = ""
        for (stream, piece) in pieces {
            text += composer.markdown(for: composer.append(CommandOutput(stream: stream, text: piece)))
        }
        return text + composer.markdown(for: composer.flush()) + composer.close()
    }

    @Test("standard output and standard error have blocks of their own")
    func streams() {
        let text = self.markdown([(.standardOutput, "one\ntw"), (.standardError, "bad\n"), (.standardOutput, "o\n")])
        expectEqual(text, "```\none\n```\n\nstderr:\n\n```\nbad\n```\n\nstdout:\n\n```\ntwo\n```\n")
        expectEqual(OutputWriter.plain(text), "one\nstderr:\nbad\nstdout:\ntwo\n")
    }

    @Test("no output can close its block", arguments: ["```", "  ````", "a ``` b", "`````"])
    func fences(_ line: String) {
        let text = self.markdown([(.standardOutput, "before\n\(line)\nafter\n")])
        let blocks = CodeBlock.all(in: text + String(repeating: "\n", count: 3), longerThan: 0)
        expectEqual(blocks.map(\.code).joined(), "before\n\(line)\nafter\n")
    }

    @Test("a long output keeps its beginning and its end within the limits")
    func excerpt() {
        var excerpt = OutputExcerpt()
        for number in 1...100_000 { excerpt.append(OutputLine(stream: .standardOutput, text: "line \(number)")) }
        excerpt.append(OutputLine(stream: nil, text: "exit 0 · 1.2 s"))
        let text = excerpt.markdown(lines: 12, bytes: 1_000)
        #expect(text.hasPrefix("```\nline 1\nline 2\nline 3\nline 4\n```\n\n… 99989 lines are left out …\n"))
        #expect(text.hasSuffix("line 100000\n```\n\nexit 0 · 1.2 s\n"))
        #expect(!excerpt.isWhole && excerpt.count == 100_001)
    }

    @Test("one endless line is cut in the middle, never within a character")
    func endlessLine() {
        var excerpt = OutputExcerpt()
        excerpt.append(OutputLine(stream: .standardOutput, text: String(repeating: "ä€", count: 50_000)))
        excerpt.append(OutputLine(stream: nil, text: "exit 0 · 1.2 s"))
        let text = excerpt.markdown(lines: 12, bytes: 900)
        #expect(text.utf8.count < 1_200 && !text.contains("\u{FFFD}"))
        #expect(text.hasSuffix("exit 0 · 1.2 s\n"))
    }

    @Test(
        "marks that a removed character parted are parted otherwise",
        arguments: ["\u{1}", "\u{1B}[m", "\u{200E}", "\u{8}"])
    func marks(_ removed: String) {
        let marks = ["\u{345}", "\u{301}", "\u{316}", "\u{334}"]
        let text = "a" + (0..<100_000).map { marks[$0 % 4] + (removed == "\u{8}" ? "x" : "") + removed }.joined()
        var lines = TerminalLines()
        expectEqual(lines.append(text), [])
        var growing = OutputExcerpt()
        growing.partial = [OutputLine(stream: .standardOutput, text: lines.partial)]
        expectEqual(growing.markdown == "```\na\n```\n", false)
        let line = lines.append("\n")[0]
        expectEqual(line == "a", false)
        expectEqual(line.unicodeScalars.contains("\u{34F}"), true)
        var excerpt = OutputExcerpt()
        excerpt.append(OutputLine(stream: .standardOutput, text: line))
        expectEqual(excerpt.isWhole, false)
    }

    @Test("a backspace removes what was written last, and costs the same after any text")
    func backspaces() {
        let (marks, removal) = (String(repeating: "\u{301}", count: 40), String(repeating: "\u{8}", count: 40))
        expectEqual(self.lines("a\(marks)\(removal)\n"), ["a"])
        var lines = TerminalLines()
        let text = String(repeating: "\u{E9}", count: 256) + String(repeating: "\u{8}\u{E9}", count: 300_000)
        expectEqual(lines.append(text), [])
        expectEqual(lines.partial.unicodeScalars.count, 256)
    }

    @Test("a line is whole up to 8,192 bytes", arguments: [(8_192, true), (8_193, false), (8_195, false)])
    func wholeLine(_ count: Int, isWhole: Bool) {
        var excerpt = OutputExcerpt()
        excerpt.append(OutputLine(stream: .standardOutput, text: String(repeating: "x", count: count)))
        expectEqual(excerpt.isWhole, isWhole)
    }
}
