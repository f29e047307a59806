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
