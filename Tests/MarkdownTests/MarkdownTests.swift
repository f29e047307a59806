import Markdown
internal import Primitives
import TestSupport
import Testing

/// Records the walk, one word per event.
struct Transcript: MarkdownVisitor {
    var events: [String] = []

    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
        self.events.append("+" + Self.name(node) + (detail.isEmpty ? "" : "(\(String(decoding: detail)))"))
    }

    mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>) {
        self.events.append("-" + Self.name(node))
    }

    mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind) {
        let text = String(decoding: text)
        // The parser may split text anywhere; the transcript should not depend on it.
        if kind == .plain, let last = self.events.last, last.hasPrefix("'") {
            self.events[self.events.count - 1] = String(last.dropLast()) + text + "'"
        } else {
            self.events.append(kind == .plain ? "'\(text)'" : "\(kind):\(text)")
        }
    }

    mutating func mark(_ mark: MarkdownMark) { self.events.append("\(mark)") }

    private static func name(_ node: MarkdownNode) -> String {
        switch node {
        case .list(let list): (list.start.map { "list\($0)" } ?? "list") + (list.isTight ? "" : "~")
        case .item(let task): task.map { "item[\($0)]" } ?? "item"
        case .paragraph(let isTight): isTight ? "p" : "P"
        case .heading(let level): "h\(level)"
        case .table(let columns): "table\(columns)"
        case .tableRow(let isHeader): isHeader ? "head" : "row"
        case .tableCell(let alignment): alignment == .none ? "cell" : "cell.\(alignment)"
        default: "\(node)"
        }
    }
}

@Suite struct MarkdownWalkTests {
    @Test(
        "a text's tree is walked in reading order",
        arguments: [
            ("", ""),
            ("hello *you*", "+P 'hello ' +emphasis 'you' -emphasis -P"),
            ("## A `b`", "+h2 'A ' code:b -h2"),
            ("a\nb  \nc\n\n---", "+P 'a' softBreak 'b' lineBreak 'c' -P thematicBreak"),
            ("```swift x\nlet a\n```", "+codeBlock(swift x) codeBlock:let a\n -codeBlock"),
            ("```\n```", "+codeBlock -codeBlock"),
            ("3. a\n4. b", "+list3 +item +p 'a' -p -item +item +p 'b' -p -item -list3"),
            ("- a\n\n- b", "+list~ +item +P 'a' -P -item +item +P 'b' -P -item -list~"),
            (
                "- [x] a\n- [ ] b",
                "+list +item[done] +p 'a' -p -item[done] +item[open] +p 'b' -p -item[open] -list"
            ),
            ("> q", "+blockQuote +P 'q' -P -blockQuote"),
            ("[t](https://e.x \"w\")", "+P +link(https://e.x) 't' -link -P"),
            ("![t](i.png)", "+P +image(i.png) 't' -image -P"),
            ("see https://e.x/a_b.", "+P 'see ' +link(https://e.x/a_b) 'https://e.x/a_b' -link '.' -P"),
            ("~~a~~ ~b~", "+P +strikethrough 'a' -strikethrough ' ~b~' -P"),
            ("a <b>\n\n<div>\nx\n</div>\n", "+P 'a ' html:<b> -P htmlBlock:<div>\nx\n</div>\n"),
            (
                "|a|b|c|\n|:-|:-:|-:|\n|1|2|3|",
                "+table3 +head +cell.left 'a' -cell.left +cell.center 'b' -cell.center +cell.right 'c' -cell.right "
                    + "-head +row +cell.left '1' -cell.left +cell.center '2' -cell.center +cell.right '3' -cell.right "
                    + "-row -table3"
            ),
        ])
    func walk(text: String, expected: String) {
        var transcript = Transcript()
        Markdown.walk(text, visitor: &transcript)
        let inner = transcript.events.dropFirst().dropLast().joined(separator: " ")
        expectEqual(inner, expected)
        expectEqual(transcript.events.first, "+document")
        expectEqual(transcript.events.last, "-document")
    }

    @Test("invalid UTF-8 and NUL become the replacement character")
    func invalid() {
        var transcript = Transcript()
        Markdown.walk([0x61, 0xFF, 0x62, 0x00], visitor: &transcript)
        #expect(transcript.events.contains("'a\u{FFFD}b\u{FFFD}'"))
    }

    @Test("texts parsed at the same time do not affect each other", .timeLimit(.minutes(1)))
    func concurrent() async {
        let expected = "<p><del>a</del> <a href=\"https://e.x\" rel=\"noopener noreferrer\">https://e.x</a></p>\n"
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { @concurrent in
                    (0..<500).allSatisfy { _ in Markdown.html("~~a~~ https://e.x") == expected }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}

@Suite struct MarkdownCostTests {
    @Test("text that would be too expensive to parse is shown verbatim", .timeLimit(.minutes(1)))
    func excessive() {
        let brackets = String(repeating: "![[]()", count: 20_000)
        expectEqual(Markdown.html(brackets), "<pre><code>\(brackets)\n</code></pre>\n")

        let columns = String(repeating: "|x", count: 10_000) + "\n" + String(repeating: "|-", count: 10_000)
        let table = Markdown.html(columns + "\n" + String(repeating: "a\n", count: 30_000))
        #expect(!table.contains("<table"))
        #expect(table.utf8.count < 200_000)

        #expect(!Markdown.html(String(repeating: "a@e.x ", count: 20_001)).contains("<a "))
    }

    /// How much a tree has to be kept for: its nodes, and their texts and addresses.
    private struct Weight: MarkdownVisitor {
        var nodes = 0
        var bytes = 0

        mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
            self.nodes += 1
            self.bytes += detail.count
        }
        mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>) {}
        mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind) {
            self.nodes += 1
            self.bytes += text.count
        }
        mutating func mark(_ mark: MarkdownMark) { self.nodes += 1 }
    }

    @Test("what references, padded rows and headers become is bounded", arguments: CostlyMarkdown.allCases)
    func expansion(_ sample: CostlyMarkdown) {
        var weight = Weight()
        Markdown.walk(sample.text, visitor: &weight)
        #expect(weight.nodes <= 150_000)
        #expect(weight.bytes <= 6 << 20)
        #expect(Markdown.html(sample.text).utf8.count <= CostlyMarkdown.limit)
    }

    @Test("a reference that is too long for its many uses leaves its label, and the others are links")
    func longReference() {
        let uses = String(repeating: "[long] ", count: 15_000)
        let address = "https://e.org/" + String(repeating: "x", count: 1_000)
        let html = Markdown.html("\(uses)\n\n[short]\n\n[long]: \(address)\n[short]: https://e.org/short 'title'")
        #expect(!html.contains("xxx") && html.contains("long"))
        #expect(html.contains("href=\"https://e.org/short\""))
        #expect(Markdown.html("[long] a\n\n[long]: \(address)").contains("href=\"\(address)\""))
    }

    @Test(
        "what is fed to find the references changes no text",
        arguments: [
            "a", "a\n", "```\ncode", "```\ncode\n", "- a\n- b", "- a\n\n  b", "> a", "> a\n> - b", "a\n---", "    code",
            "|a|b|\n|-|-|\n|c", "<div>\nx", "<!-- x", "[a]: /x", "[a]: /x\n'y", "a\r", "a\r\n", "- ", "", "\n",
            "* a\n*",
        ])
    func endings(_ text: String) {
        var (whole, parts) = (Transcript(), Transcript())
        Markdown.walk(text, visitor: &whole)
        // A blank line at the end means nothing outside a block that it would belong to.
        Markdown.walk(text + (text.contains("```") || text.contains("<!--") ? "" : "\n\n"), visitor: &parts)
        expectEqual(whole.events, parts.events)
    }

    @Test("a large ordinary table is a table")
    func largeTable() {
        let row = String(repeating: "| x ", count: 20) + "|\n"
        let text = row + String(repeating: "|---", count: 20) + "|\n" + String(repeating: row, count: 2_000)
        #expect(Markdown.html(text).contains("<table"))
    }

    @Test("deep nesting does not overflow the stack", arguments: ["> ", "- ", "*a _", "[", "<b>", "~~"])
    func nesting(unit: String) {
        let html = Markdown.html(String(repeating: unit, count: 10_000) + "end")
        #expect(html.contains("end"))
    }

    @Test("bare addresses stay text on request")
    func withoutAutolinks() {
        var transcript = Transcript()
        Markdown.walk("https://e.x", autolinks: false, visitor: &transcript)
        expectEqual(transcript.events, ["+document", "+P", "'https://e.x'", "-P", "-document"])
    }
}
