/// Markdown that becomes very much more when references are resolved, short rows padded or headers repeated.
package enum CostlyMarkdown: String, CaseIterable, Sendable {
    case relativeReference, reference, title, images, collapsed, foldedLabels, severalReferences, lastLine, lastWord,
        lastReturn, escaped
    case quoted, lineBreaks, wideTable, tallTable, longHeader, longCell, severalTables, tableLineBreaks, quotedTable
    case denseTable

    /// More than any renderer may make of one of them, in bytes.
    package static let limit = 16 << 20

    package var text: String {
        func many(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
        let address = "https://e.org/" + many("x", 50_000)
        let short = many("|x\n", 30_000)
        return switch self {
        case .relativeReference: "[a]: /\(many("x", 480_000))\n\n\(many("[a]", 19_000))"
        case .reference: "[a]: \(address)\n\n\(many("[a]", 15_000))"
        case .title: "[a]: https://e.org '\(many("x\n", 25_000))'\n\n\(many("[a]", 15_000))"
        case .images: "[a]: <\(address)>\n\n\(many("![a] ", 9_000))"
        case .collapsed: "[a]: \(address)\n\n\(many("[a][] [b][a] ", 6_000))"
        case .foldedLabels: "[ẞ  x]: \(address)\n\n\(many("[ss X] [SS\tx][] [b][ß x] ", 4_000))"
        case .severalReferences:
            (0..<100).map { "[a\($0)]: https://e.org/\(many("x", 2_000)) 'title'\n" }.joined() + "\n"
                + many((0..<100).map { "[a\($0)]" }.joined(), 190)
        case .lastLine: "\(many("[a]", 15_000))\n\n[a]: \(address)\n"
        case .lastReturn: "\(many("[a]", 15_000))\n\n[a]: \(address)\r"
        case .lastWord: "\(many("[a]", 15_000))\n\n> - [a]:\n>   \(address)"
        case .escaped: "[a]: https://e.org/\(many("&", 250))\n\n\(many("[a]", 15_000))"
        case .quoted: "> 1. [a]: \(address)\n\n\(many("[a]", 15_000))"
        case .lineBreaks: "[a]: \(address)\r\rtext\r\n\r\n\(many("[a]", 15_000))"
        case .wideTable: "\(many("|x", 1_000))\n\(many("|-", 1_000))\n\(short)"
        case .tallTable: "\(many("|x", 40))\n\(many("|-", 40))\n\(short)"
        case .longHeader: "|\(many("x", 45_000))\n|-\n\(short)"
        case .longCell: "|a|b\n|-|-\n\(short)|\(many("x", 45_000))\n"
        case .severalTables: many("\(many("|x", 400))\n\(many("|-", 400))\n\(many("|x\n", 100))\n", 20)
        case .tableLineBreaks: "\(many("|x", 1_000))\r\n\(many("|-", 1_000))\r\n\(many("|x\r\n", 30_000))"
        case .denseTable: "|a|b|c\n|-|-|-\n\(many("|xx\n", 14_900))"
        case .quotedTable: "> - \(many("|x", 1_000))\n>   \(many("|-", 1_000))\n\(many(">   |x\n", 10_000))"
        }
    }
}
