import TestSupport
import Testing

@testable import Agent

@Suite("Replacing a piece of text", .timeLimit(.minutes(1)))
struct TextEditTests {
    struct Sample: Sendable, CustomStringConvertible {
        let description: String
        let file: String
        let old: String
        let new: String
        let result: String
        var rung = EditRung.exact
    }

    @Test(
        "The ladder",
        arguments: [
            Sample(description: "exact", file: "a\nb\nc\n", old: "b\n", new: "x\ny\n", result: "a\nx\ny\nc\n"),
            Sample(
                description: "within a line", file: "let a = 1\n", old: "a = 1", new: "b = 2", result: "let b = 2\n"),
            Sample(
                description: "CRLF in the file, LF in the call", file: "a\r\nb\r\nc\r\n", old: "a\nb\n", new: "a\nx\n",
                result: "a\r\nx\r\nc\r\n", rung: .lineEnds),
            Sample(
                description: "one line of a CRLF file by two", file: "a\r\nb\r\n", old: "b", new: "x\ny",
                result: "a\r\nx\r\ny\r\n"),
            Sample(
                description: "LF in the file, CRLF in the call", file: "a\nb\nc\n", old: "a\r\nb", new: "a\r\nx",
                result: "a\nx\nc\n", rung: .lineEnds),
            Sample(
                description: "mixed line ends stay", file: "a\r\nb\nc\r\nd\n", old: "b\nc\nd\n", new: "b\nx\nd\n",
                result: "a\r\nb\nx\nd\n", rung: .lineEnds),
            Sample(description: "no final line break", file: "a\nb", old: "b", new: "c", result: "a\nc"),
            Sample(
                description: "no final line break, but the call has one", file: "a\nb", old: "a\nb\n", new: "a\nc\n",
                result: "a\nc", rung: .lineEnds),
            Sample(
                description: "blanks at the ends of lines", file: "a  \nb\t\nc\n", old: "a\nb\n", new: "a\nx\n",
                result: "a  \nx\nc\n", rung: .trailingBlanks),
            Sample(
                description: "indented less than the file", file: "    if a {\n        b()\n    }\n",
                old: "if a {\n    b()\n}\n", new: "if a {\n    b()\n    c()\n}\n",
                result: "    if a {\n        b()\n        c()\n    }\n", rung: .indent),
            Sample(
                description: "indented more than the file", file: "if a {\n    b()\n}\n",
                old: "  if a {\n      b()\n  }\n", new: "  if a {\n      c()\n  }\n", result: "if a {\n    c()\n}\n",
                rung: .indent),
            Sample(
                description: "tabs in the file, blanks in the call", file: "if a {\n\tb()\n\tif c {\n\t\td()\n\t}\n}\n",
                old: "    b()\n    if c {\n        d()\n    }\n", new: "    b()\n    if c {\n        e()\n    }\n",
                result: "if a {\n\tb()\n\tif c {\n\t\te()\n\t}\n}\n", rung: .indent),
            Sample(
                description: "blanks in the file, tabs in the call", file: "{\n  b()\n}\n", old: "{\n\tb()\n}\n",
                new: "{\n\tc()\n}\n", result: "{\n  c()\n}\n", rung: .indent),
            Sample(
                description: "typographic signs in the file", file: "say(“hello” – it’s\u{A0}me…)\nb\n",
                old: "say(\"hello\" - it's me...)\n", new: "say(\"bye\")\n", result: "say(\"bye\")\nb\n",
                rung: .punctuation),
            Sample(description: "a deleted line", file: "a\nb\nc\n", old: "b\n", new: "", result: "a\nc\n"),
            Sample(
                description: "other alphabets", file: "größe = 1 // 大\n", old: "大", new: "小", result: "größe = 1 // 小\n"
            ),
        ])
    func ladder(_ sample: Sample) throws {
        let result = try TextEdit(old: sample.old, new: sample.new).apply(to: Array(sample.file.utf8))
        expectEqual(String(decoding: result.bytes, as: UTF8.self), sample.result)
        expectEqual(result.rung, sample.rung)
    }

    private static func failure(_ file: String, _ old: String, _ new: String, all: Bool = false) -> EditFailure? {
        do {
            _ = try TextEdit(old: old, new: new, all: all).apply(to: Array(file.utf8))
            return nil
        } catch { return error }
    }

    @Test("Several places are counted, with their lines")
    func several() throws {
        let failure = Self.failure("x\na\nx\na\nx\n", "x\n", "y\n")
        expectEqual(failure?.kind, .several(3))
        expectEqual(
            failure?.text, "The text is there 3 times, at lines 1, 3, 5. Take more lines around it, or set all to true."
        )
        // Also those that overlap, and those of a later rung.
        expectEqual(Self.failure("aaa", "aa", "b")?.kind, .several(2))
        expectEqual(Self.failure("  a \n  b\n\n a\n b\n", "a\nb\n", "c\n")?.kind, .several(2))
        let all = try TextEdit(old: "x\n", new: "y\n", all: true).apply(to: Array("x\na\nx\n".utf8))
        #expect(all.bytes == Array("y\na\ny\n".utf8) && all.lines == [1, 3])
    }

    @Test("More than 10,000 places are neither counted nor replaced")
    func manyPlaces() throws {
        let file = String(repeating: "a", count: 20_000)
        let failure = Self.failure(file, "a", "b")
        expectEqual(failure?.kind, .several(10_001))
        expectEqual(
            failure?.text,
            "The text is there more than 10000 times, at lines 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, …. Take more lines around "
                + "it, or set all to true.")
        expectEqual(Self.failure(file, "a", "b", all: true)?.kind, .invalid)
        let most = try TextEdit(old: "a", new: "b", all: true).apply(to: Array(file.utf8.prefix(10_000)))
        expectEqual(most.lines.count, 10_000)
    }

    @Test("What is not there is answered with the nearest place, at most 20 lines of it")
    func nearest() {
        let file = (1...100).map { "    let value\($0) = compute(\($0))\n" }.joined()
        let failure = Self.failure(file, "    let value50 = compute(50)\n    let other = 1\n", "x\n")
        expectEqual(failure?.kind, .notFound)
        expectEqual(failure?.text.contains("\n50\t    let value50 = compute(50)\n"), true, "\(failure?.text ?? "")")
        #expect(failure?.text.split(separator: "\n").count ?? 0 <= 21)
        let typo = Self.failure("func first() {}\nfunc second(value: Int) {}\n", "func second(valeu: Int) {\n", "x\n")
        expectEqual(typo?.text.contains("2\tfunc second(value: Int) {}"), true, "\(typo?.text ?? "")")
        expectEqual(
            Self.failure("a\n", "nothing of this\n", "x\n")?.text.contains("Nothing in the file is like it."), true)
    }

    @Test("What is done already is reported with its line")
    func alreadyThere() {
        expectEqual(Self.failure("a\nlet new = 1\n", "let old = 1\n", "let new = 1\n")?.kind, .alreadyThere(2))
        expectEqual(
            Self.failure("a\r\nlet new = 1\r\nb\r\n", "let old = 1\nb\n", "let new = 1\nb\n")?.kind, .alreadyThere(2))
        expectEqual(Self.failure("}\n", "let old = 1\n", "}\n")?.kind, .notFound)
    }

    @Test("An empty or unchanged piece is refused, and nothing looser than the ladder is found")
    func refused() {
        expectEqual(Self.failure("a", "", "b")?.kind, .invalid)
        expectEqual(Self.failure("a", "a", "a")?.kind, .unchanged)
        expectEqual(Self.failure("if a {\n    b()\n  c()\n}\n", "if a {\n  b()\n    c()\n}\n", "x\n")?.kind, .notFound)
        expectEqual(Self.failure("Foo()\n", "foo()\n", "bar()\n")?.kind, .notFound)
        expectEqual(Self.failure("a\n\n\nb\n", "  \n", "x\n")?.kind, .notFound)
    }

    @Test("A result that would be larger than any memory is refused before it is made")
    func enormous() {
        let file = Array(String(repeating: "e", count: 100_000).utf8)
        let many = TextEdit(old: "e", new: String(repeating: "x", count: 500_000), all: true)
        #expect { try many.apply(to: file) } throws: { ($0 as? EditFailure)?.kind == .invalid }
        let blanks = String(repeating: " ", count: 1_000_000)
        let lines = TextEdit(old: "x\ny\n", new: String(repeating: "z\n", count: 100_000))
        #expect(throws: EditFailure.self) { try lines.apply(to: Array("\(blanks)x\n\(blanks)y\n".utf8)) }
    }

    @Test("No byte outside of the piece changes", arguments: 1...200)
    func property(_ seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        let words = ["a", "b  ", "\tc", "    d", "“e”", "", "x\r", "\u{FF}"]
        var lines = (0..<Int.random(in: 1...30, using: &generator)).map { _ in
            Array((words.randomElement(using: &generator) ?? "").utf8)
        }
        // Not UTF-8, to be left alone.
        lines[Int.random(in: 0..<lines.count, using: &generator)].append(0xFF)
        let start = Int.random(in: 0..<lines.count, using: &generator)
        let end = Int.random(in: start..<lines.count, using: &generator)
        let file = Array(lines.joined(separator: [0x0A]))
        let old = String(decoding: Array(lines[start...end].joined(separator: [0x0A])), as: UTF8.self)
        guard let result = try? TextEdit(old: old, new: "NEW").apply(to: file) else { return }
        let place = try #require(result.bytes.indices.first { result.bytes[$0...].starts(with: "NEW".utf8) })
        let tail = result.bytes[(place + 3)...]
        #expect(file.starts(with: result.bytes[..<place]))
        #expect(file.suffix(tail.count).elementsEqual(tail))
        #expect(place + tail.count <= file.count)
    }
}
