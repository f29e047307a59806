import Markdown
import TestSupport
import Testing

@Suite struct MarkdownBlocksTests {
    // `¦` marks the expected end.
    static let texts = [
        "¦", "¦one line", "¦one line\n", "one\n\n¦", "one\n\n\n¦", "one\n\n¦two", "one\r\n\r\n¦two",
        "one\ntwo\n\n¦three\n",
        // Headings stay with what follows.
        "¦# T\n", "¦# T\n\n", "¦# T\n\ntext\n", "# T\n\ntext\n\n¦", "a\n¦# T\n", "¦T\n===\n", "¦T\n---\n\n",
        "T\n---\na\n\n¦", "a\n***\n¦b", "***\n¦",
        // Fences.
        "¦```\na\n\nb\n", "```\na\n\nb\n```\n¦", "```\na\n```\n¦b", "a\n¦```\n", "¦````\n```\n\n", "¦~~~\n```\n",
        "~~~\n```\n~~~\n¦", "¦```\n``` x\n\n", "¦``` a`b\n", "``` a`b\n\n¦", "¦    ```\n", "```\n\n```\n\n¦```\n",
        // Lists end at the first line outside them.
        "¦- a\n- b\n\n", "- a\n- b\n\n¦text", "¦- a\n\n- b\n", "¦- a\n\n  more\n\n", "- a\n\n¦text\n",
        "- a\n\n¦* b\n", "¦- a\nlazy\n", "- a\n¦# T\n", "¦1. a\n\n2. b\n\n", "1. a\n¦1) b\n", "a\n¦- b\n", "¦a\n2. b\n",
        "¦1. a\n\n   ```\n   x\n\n2. no\n", "¦- ```\n  x\n\n  ```\n\n", "1. a\n¦```\nx\n\n",
        "1. a\n```\nx\n```\n¦2. b\n",
        "- a\n- - -\n¦",
        // Quotes, tables, indented code, raw HTML.
        "¦> a\n> b\n", "> a\n\n¦> b\n", "¦|a|\n|-|\n|1|\n", "|a|\n|-|\n|1|\n\n¦", "¦    code\n\n",
        "    code\n\n¦text\n",
        "¦<pre>\n\nx\n", "<pre>\n\nx\n</PRE>\n¦", "¦<!-- a\n\n", "<!-- a\n\n-->\n¦", "<!-- a -->\n¦", "<div>\n\n¦x",
        "¦<div>\n```\n", "<div>\n```\n\n¦x", "¦<details>\n# T\n", "a\n¦<div>\n", "¦a\n</b>\n", "- a\n¦</b>\n",
        "</b>\n# T\n\n¦",
        "<https://e.x>\n¦# T\n", "<pretty>\n\n¦",
    ]

    @Test("finished blocks end where later text can no longer change them", arguments: Self.texts)
    func stableEnd(marked: String) throws {
        var bytes = Array(marked.utf8)
        let mark = Array("¦".utf8)
        let end = try #require(bytes.indices.first { bytes[$0...].starts(with: mark) })
        bytes.removeSubrange(end..<end + mark.count)
        // Only whole lines count.
        if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        expectEqual(MarkdownBlocks.stableEnd(of: bytes), end)
    }

    @Test("the end does not depend on how the text is split into pieces, and never moves back")
    func pieces() {
        let text = Array(Self.texts.map { $0.filter { $0 != "¦" } }.joined(separator: "\n\n").utf8)
        var bytewise = MarkdownBlocks()
        var last = 0
        for (index, byte) in text.enumerated() {
            bytewise.append(CollectionOfOne(byte))
            #expect(bytewise.stableEnd >= last)
            #expect(bytewise.stableEnd <= index + 1)
            last = bytewise.stableEnd
        }
        expectEqual(last, MarkdownBlocks.stableEnd(of: text))
    }

    @Test("parts cut at stable ends render like the whole text")
    func partition() {
        let text =
            "# A\n\npara *x*\n\n1. a\n\n   ```\n   c\n\n   ```\n2. b\n\nend\n\n```sh\nls\n\n```\n| a |\n|---|\n| b |\n\n> q\n\nz\n\n"
        let bytes = Array(text.utf8)
        var blocks = MarkdownBlocks()
        var parts = ""
        var start = 0
        for byte in bytes {
            blocks.append(CollectionOfOne(byte))
            guard blocks.stableEnd > start else { continue }
            parts += Markdown.html(String(decoding: bytes[start..<blocks.stableEnd], as: UTF8.self))
            start = blocks.stableEnd
        }
        expectEqual(start, bytes.count)
        expectEqual(parts, Markdown.html(text))
    }
}
