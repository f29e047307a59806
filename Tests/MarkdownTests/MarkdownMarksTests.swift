import Markdown
import Primitives
import TestSupport
import Testing

/// Collects what a renderer gets.
private struct Collected: MarkdownVisitor {
    var text: [UInt8] = []
    var details: [UInt8] = []

    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
        for index in detail.indices { self.details.append(detail[index]) }
    }

    mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>) {}

    mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind) {
        for index in text.indices { self.text.append(text[index]) }
    }

    mutating func mark(_ mark: MarkdownMark) {}
}

@Suite("Markdown: runs of combining marks", .timeLimit(.minutes(1)))
struct MarkdownMarksTests {
    private static func collected(_ text: String) -> Collected {
        var collected = Collected()
        Markdown.walk(text, visitor: &collected)
        return collected
    }

    private static func longestRun(_ bytes: [UInt8]) -> Int {
        var (longest, run) = (0, 0)
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            run = scalar.properties.canonicalCombiningClass == .notReordered ? 0 : run + 1
            longest = max(longest, run)
        }
        return longest
    }

    private static let run = String(repeating: "&#x345;&#x316;", count: 5_000)

    @Test(
        "those that entities make are broken, in texts, addresses and the words of a fence",
        arguments: [
            "a\(Self.run)", "# *a\(Self.run)*", "|a|\n|-|\n|\(Self.run)|", "[a](/b\(Self.run))",
            "![\(Self.run)](/b)", "```\(Self.run)\na\n```",
        ])
    func entities(text: String) {
        let collected = Self.collected(text)
        let (inText, inDetails) = (Self.longestRun(collected.text), Self.longestRun(collected.details))
        #expect(1...60 ~= max(inText, inDetails))
        let all = String(decoding: collected.text + collected.details, as: UTF8.self).unicodeScalars
        expectEqual(all.count { $0 == "\u{345}" }, 5_000)
        #expect(all.count { $0 == "\u{34F}" } > 150)
    }

    @Test("those with nothing but markup between the marks are broken")
    func markup() {
        let marks = String(repeating: "\u{345}\u{316}", count: 10)
        let text = String(repeating: "[\(marks)](u)`\(marks)`", count: 100)
        let longest = Self.longestRun(Self.collected("a" + text).text)
        #expect(20..<60 ~= longest, "\(longest)")
    }

    @Test(
        "other texts keep every byte, and their addresses too",
        arguments: ["Tiếng Việt", "日本語の長い文章です。", "한국어", "ภาษาไทยที่นี่", "“quotes” — and 👩‍👩‍👧🇩🇪", "e\u{301}"])
    func others(word: String) {
        let long = String(repeating: word, count: 200)
        let collected = Self.collected("[\(long)](</\(long)>)")
        expectEqual(collected.text, Array(long.utf8))
        expectEqual(collected.details, Array("/\(long)".utf8))
    }
}
