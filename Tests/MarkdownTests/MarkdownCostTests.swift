import TestSupport
import Testing

@testable import Markdown

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

    @Test(
        "ends of comments and instructions that are looked for again and again make a text verbatim",
        arguments: ["<?", "<!A "])
    func tags(_ tag: String) {
        let text = "a " + String(repeating: tag, count: 20_000)
        #expect(Markdown.html(text).hasPrefix("<pre><code>a "))
        #expect(!Markdown.html(String(repeating: "a \(tag)\n\n", count: 1_000)).hasPrefix("<pre>"))
    }

    @Test("emphasis has 32 levels, and addresses within very much of it are text")
    func emphasis() {
        let marks = 5_000
        let text =
            String(repeating: "*a ", count: marks) + String(repeating: "x\n", count: 10) + "x"
            + String(repeating: "*", count: marks)
        let html = Markdown.html(text)
        expectEqual(html.ranges(of: "<em>").count, 32)
        expectEqual(html.ranges(of: "</em>").count, 32)
        #expect(!Markdown.html(text + String(repeating: " a@e.org", count: 5_000)).contains("<a "))
    }

    @Test(
        "signs and links for which very many signs are visited make a text verbatim", .timeLimit(.minutes(1)),
        arguments: [("*~~", 5_000), ("[](x)", 19_000)])
    func signs(_ end: String, count: Int) throws {
        let text = String(repeating: "_a ", count: 8_000) + String(repeating: end, count: count)
        try #require(MarkdownCost(text.utf8Span.span).isExcessive)
        #expect(Markdown.html(text).hasPrefix("<pre><code>_a "))
    }

    @Test("much emphasis, many bullets and underscores in names are no matter")
    func ordinarySigns() {
        let samples = [
            String(repeating: "* **a name**: some words, [1](https://e.x)\n", count: 15_000),
            String(repeating: "1. **a name**: some words, _and others_\n", count: 9_000),
            String(repeating: "# **a**\n- *b* ~~c~~\n", count: 30_000),
            String(repeating: "some **strong** _words_\n\n", count: 40_000),
            String(repeating: "a_name_of_something = 2 * a_value\n", count: 30_000),
        ]
        for (index, text) in samples.enumerated() {
            #expect(!MarkdownCost(text.utf8Span.span).isExcessive, "\(index)")
        }
    }

    /// Text below many levels, which the parser visits for each line or word. Without a limit each takes minutes.
    private static let nested: [(name: String, text: String)] = {
        let end = String(repeating: "a\n", count: 250_000)
        let blanks = String(repeating: "\n", count: 500_000)
        func levels(_ mark: String, _ count: Int) -> String { String(repeating: mark, count: count) + "a\n" }
        let steps = (0..<1_000).map { String(repeating: " ", count: 2 * $0) + "- a\n" }.joined()
        return [
            ("lines", levels("+ ", 100_000) + end),
            ("words", levels("+ ", 100_000) + String(repeating: "a_", count: 100_000)),
            ("blank lines", levels("- ", 100_000) + blanks), ("rules that are lists", levels("* ", 50_000) + blanks),
            ("quotes", levels("> ", 100_000) + end), ("mixed", levels("> - 1. ", 50_000) + end),
            ("numbers", levels("123456789) ", 50_000) + blanks), ("tabs", levels("-\t", 100_000) + blanks),
            ("byte order mark", "\u{FEFF}" + levels("- ", 100_000) + blanks),
            ("line by line", steps + blanks),
            ("carriage returns", levels("- ", 100_000) + String(repeating: "\r", count: 500_000)),
            ("blank quotes", "> " + levels("- ", 100_000) + String(repeating: ">\n", count: 250_000)),
            (
                "below text",
                steps + "a\n" + String(repeating: String(repeating: " ", count: 2_000) + "a\n", count: 250)
                    + String(repeating: "a\n", count: 200_000)
            ),
        ]
    }()

    @Test("text below very many levels is shown verbatim", .timeLimit(.minutes(1)), arguments: Self.nested.indices)
    func nestedText(index: Int) throws {
        let (name, text) = Self.nested[index]
        try #require(MarkdownCost(text.utf8Span.span).isExcessive, "\(name)")
        #expect(Markdown.html(text).hasPrefix("<pre><code>"), "\(name)")
    }

    @Test("ordinary lists, quotes, rules and indented code are parsed")
    func ordinaryNesting() {
        let outline = (0..<10).map { String(repeating: "  ", count: $0) + "- level \($0)\n" }.joined()
        let samples = [
            String(repeating: outline, count: 5_000),
            String(repeating: outline + "\n", count: 5_000),
            String(repeating: "- an item with some words\n", count: 30_000),
            (1...10_000).map { "\($0). an item\n\n   - with a note\n\n" }.joined(),
            outline + String(repeating: String(repeating: " ", count: 300) + "code\n", count: 2_000),
            outline + String(repeating: String(repeating: "- ", count: 200) + "\n\ntext\n\n", count: 2_000),
            outline + String(repeating: String(repeating: "*  ", count: 100) + "\n", count: 2_000),
            outline + String(repeating: String(repeating: ">", count: 200) + "\n", count: 2_000),
            String(repeating: "> > > a reply to a reply\n", count: 30_000),
            String(repeating: String(repeating: "-", count: 200) + "\n", count: 4_000),
            String(repeating: "- ", count: 1_000) + "a\n",
        ]
        for (index, text) in samples.enumerated() {
            #expect(!MarkdownCost(text.utf8Span.span).isExcessive, "\(index)")
        }
        #expect(Markdown.html(samples[0]).hasPrefix("<ul>"))
    }

    @Test(
        "a long word in which many addresses may begin or end has no links", .timeLimit(.minutes(1)),
        arguments: [
            "http://a.b/" + String(repeating: ")", count: 1_000_000), String(repeating: "www.a_", count: 150_000),
            String(repeating: "http://a.b/x<", count: 80_000),
        ])
    func longWord(text: String) throws {
        try #require(!MarkdownCost(text.utf8Span.span).allowsAutolinks)
        #expect(!Markdown.html(text).contains("<a "))
    }

    @Test("a very long line, which would be kept once for each mail address in it, has no links")
    func longLine() throws {
        let text = String(repeating: "a@e.org ", count: 1_000) + String(repeating: "x ", count: 400_000)
        try #require(!MarkdownCost(text.utf8Span.span).allowsAutolinks)
        #expect(!Markdown.html(text).contains("<a "))
    }

    @Test("many addresses, parentheses and long words are no matter")
    func ordinaryWords() {
        let samples = [
            String(repeating: "(see https://e.x/a_(b)) and www.e.x)\n", count: 20_000),
            String(repeating: ") ", count: 400_000), String(repeating: "语言)", count: 1_000),
            "![a](data:image/png;base64," + String(repeating: "Aa/+", count: 200_000) + ") https://e.x",
            String(repeating: "[a](https://e.x/(b))", count: 500),
            String(repeating: "somebody@example.org, ", count: 2_000),
            String(repeating: String(repeating: "a@e.org ", count: 40) + "\n", count: 400),
        ]
        for (index, text) in samples.enumerated() {
            #expect(MarkdownCost(text.utf8Span.span).allowsAutolinks, "\(index)")
        }
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

    /// Tables whose headers are looked for again and again, or whose rows have very many cells. Without a limit some take
    /// more than a minute.
    private static let slowTables: [(name: String, text: String)] = {
        func many(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
        return [
            ("unequal rows", many("a\n", 4_000) + many("-|-\n:-\n", 1_200)),
            ("quote", many("> a\n", 4_000) + many("> -|-\n> :-\n", 1_200)),
            ("carriage returns", "# a\r" + many("a\r", 4_000) + many("-|-\r:-\r", 1_200)),
            ("item below a table", "- a|b\n-|-\n" + many("  a\n", 3_000) + many("  -|-\n  :-\n", 600)),
            ("cells", many("|x\n", 5_000) + many("-|-|-\n-|-\n", 2_500)),
            ("long text", many(many("x", 48) + "\n", 20_000) + "-|-\n"),
            ("vertical tab", many("a\n", 20_000) + "--\u{B}\n"),
            ("columns", many("|x", 29_000) + "\n" + many("|-", 29_000)),
            ("columns of one row", "x\n" + many("|-", 29_000)),
        ]
    }()

    @Test("what may be tables at great cost is text", .timeLimit(.minutes(1)), arguments: Self.slowTables.indices)
    func slowTable(index: Int) throws {
        let (name, text) = Self.slowTables[index]
        try #require(!MarkdownCost(text.utf8Span.span).allowsTables, "\(name)")
        #expect(!Markdown.html(text).contains("<table"), "\(name)")
    }

    @Test("many tables, long paragraphs and rules are no matter")
    func ordinaryTables() {
        func many(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
        let table = "| a | b |\n|---|---|\n| 1 | 2 |\n"
        let samples = [
            (many("text\n\n\(table)\n", 3_000), 3_000), (many("## A name\n\(table)", 1_500), 1_500),
            (many(many("some words of a line\n", 10) + "---\n", 1_000) + table + "\n" + table, 2),
            (many(many("some words ", 6) + "\n", 500) + table, 1),
            ("| a | b | c |\n|---|---|---|\n" + many("| - | - | - |\n", 250), 1),
            (many("- an item\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n", 200), 200),
            (many("|x", 200) + "\n" + many("|-", 200) + "\n" + many(many("|x", 200) + "\n", 280), 1),
        ]
        for (index, (text, tables)) in samples.enumerated() {
            expectEqual(Markdown.html(text).ranges(of: "<table").count, tables, "\(index)")
        }
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
