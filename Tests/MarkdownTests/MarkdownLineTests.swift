import Markdown
import TestSupport
import Testing

@Suite("Lines of Markdown")
struct MarkdownLineTests {
    @Test(
        "a text is its lines, whatever ends them",
        arguments: ["", "\n", "a", "a\nb\r\nc\rd", "\r\n\r", "\r\r\n\n", "a\n"])
    func lines(_ text: String) {
        let bytes = Array(text.utf8)
        var whole: [UInt8] = []
        for (content, end) in MarkdownLines(bytes) {
            #expect(!bytes[content].contains { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
            #expect(content.lowerBound == whole.count && 0...2 ~= end - content.upperBound)
            whole += bytes[content.lowerBound..<end]
        }
        expectEqual(whole, bytes)
    }

    @Test(
        "metadata ends at its second line, and a text with a heading before that has no metadata",
        arguments: [
            ("---\na: b\n---\nc", 13), ("\u{FEFF}---\na: b\n...\n", 16), ("---\n# a\n---\n", 0), ("a\n---\n---\n", 0),
            ("---\na: b\n", 0), ("", 0),
        ])
    func frontMatter(text: String, end: Int) {
        expectEqual(MarkdownLines.frontMatterEnd(of: Array(text.utf8)), end)
    }

    @Test(
        "a heading's title",
        arguments: [("# C#", "C#"), ("##  a b ## ", "a b"), ("# ##", ""), ("#", ""), ("###### a \\#", "a \\#")])
    func title(line: String, title: String) {
        let line = MarkdownLine(Array(line.utf8)[...])
        #expect(line.headingLevel != nil)
        expectEqual(String(decoding: line.title, as: UTF8.self), title)
    }

    @Test(
        "boxes",
        arguments: [
            ("[ ] a", 1, "a"), ("[x]* a", 1, "a"), ("[✓] a", 3, "a"), ("[] a", 0, "a"), ("[/]", 1, ""),
            ("[x](a)", nil, ""),
            ("[k] a", nil, ""), ("[ ", nil, ""), ("[x]*a*", 1, "*a*"),
        ] as [(String, Int?, String)])
    func box(item: String, inner: Int?, content: String) {
        let box = MarkdownBox(Array(item.utf8)[...])
        expectEqual(box?.inner.count, inner)
        expectEqual(box.map { String(decoding: $0.content, as: UTF8.self) } ?? "", content)
    }
}
