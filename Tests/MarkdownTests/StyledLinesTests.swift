import Markdown
import TestSupport
import Testing

@Suite("Lines of styled runs")
struct StyledLinesTests {
    /// Blocks as their lines, with `/` between those; containers as brackets.
    private static func shown(_ markdown: String, keepsLines: Bool = false) -> String {
        let source = StyledLines(markdown, keepsLines: keepsLines)
        return source.parts.map { part in
            switch part {
            case .enter(.quote): "quote("
            case .enter(.list(let list)): list.isTight ? "list(" : "loose("
            case .enter(.item(let number, let task)): "\(number.map(String.init) ?? "-")\(task.map { " \($0)" } ?? "")("
            case .leave: ")"
            case .block(let block):
                source.lines[block.lines].map { line in
                    source.runs[line].map { self.shown($0, in: source) }.joined()
                }.joined(separator: "/")
            }
        }.joined(separator: " ")
    }

    private static func shown(_ run: StyledLines.Run, in source: StyledLines) -> String {
        let text = String(decoding: source.text(run), as: UTF8.self)
        let styles = (0..<run.styles.count).compactMap { run.styles[$0].map { "\($0)".prefix(1) } }.joined()
        let styled = styles.isEmpty ? text : "<\(styles) \(text)>"
        switch run.kind {
        case .text: return styled
        case .code: return "`\(styled)`"
        case .linkStart: return "["
        case .linkEnd: return "](\(String(decoding: source.links[run.link].address, as: UTF8.self)))"
        }
    }

    @Test(
        "Markdown becomes blocks of lines of runs",
        arguments: [
            ("a *b **c*** `d`", "a <i b ><ib c> `d`"),
            ("**a *b **c** d* e**", "<b a ><bi b c d><b  e>"),
            ("# a ~~b~~", "a <s b>"),
            ("a\nb\\\nc", "a b/c"),
            ("[a\\\n![b](c)](d)", "[a [b](c)](d)"),
            ("3. a\n4. b\n   - [x] c", "list( 3( a ) 4( b list( - done( c ) ) ) )"),
            ("- a\n\n- b", "loose( -( a ) -( b ) )"),
            ("> a\n>\n> ---\n> ```\n> b\n>\n> c\n> ```", "quote( a  b//c )"),
            ("|a|b|\n|-|-|\n|**c**|", "a/b/<b c>/"),
            ("<p>\na", "<p>/a"),
            ("", ""),
        ])
    func lines(markdown: String, lines: String) {
        expectEqual(Self.shown(markdown), lines)
    }

    @Test("line feeds are kept where they are asked for, but not in a link")
    func keptLines() {
        expectEqual(Self.shown("a *b\nc* [d\ne](f)", keepsLines: true), "a <i b>/<i c> [d e](f)")
    }
}
