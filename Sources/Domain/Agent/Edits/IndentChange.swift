/// How the indentation of a file's lines differs from that of a text, if it does so by one rule for all lines.
enum IndentChange: Equatable {
    /// The file has this in front of the text's.
    case more(ArraySlice<UInt8>)
    /// The text has this in front of the file's.
    case less(ArraySlice<UInt8>)
    /// The file uses tabs of this width where the text uses blanks, and so many columns more.
    case tabs(width: Int, columns: Int)
    /// The file uses blanks where the text uses tabs of this width, and so many columns more.
    case blanks(width: Int, columns: Int)

    /// In bytes. A longer one would be written in front of every new line.
    static let longestIndent = 200

    /// Nil if no rule fits all lines, none of which may be indented by more than ``longestIndent``.
    init?(text: ArraySlice<FileLine>, file: ArraySlice<FileLine>) {
        let pairs = zip(text, file).filter { !$0.0.isBlank }.map { ($0.0.indent, $0.1.indent) }
        guard let (first, second) = pairs.first else { return nil }
        let more = second.dropLast(min(first.count, second.count))
        if pairs.allSatisfy({ $0.1.elementsEqual(more + $0.0) }) {
            self = .more(more)
            return
        }
        let less = first.dropLast(min(first.count, second.count))
        if pairs.allSatisfy({ $0.0.elementsEqual(less + $0.1) }) {
            self = .less(less)
            return
        }
        let tab = UInt8(ascii: "\t")
        let hasFileTabs = pairs.contains { $0.1.contains(tab) }
        let hasTextTabs = pairs.contains { $0.0.contains(tab) }
        guard hasFileTabs != hasTextTabs else { return nil }
        for width in [4, 2, 8, 3] {
            let columns = Self.columns(second, width) - Self.columns(first, width)
            if pairs.allSatisfy({ Self.columns($0.1, width) - Self.columns($0.0, width) == columns }) {
                self = hasFileTabs ? .tabs(width: width, columns: columns) : .blanks(width: width, columns: columns)
                return
            }
        }
        return nil
    }

    /// A line of the text, indented as the file is.
    func applied(to line: FileLine) -> FileLine {
        guard !line.isBlank else { return line }
        let (indent, rest) = (line.indent, line.text.dropFirst(line.indent.count))
        switch self {
        case .more(let more): return FileLine(text: more + line.text, end: line.end)
        case .less(let less):
            let cut = indent.starts(with: less) ? less.count : min(less.count, indent.count)
            return FileLine(text: line.text.dropFirst(cut), end: line.end)
        case .tabs(let width, let columns):
            let wanted = max(0, Self.columns(indent, width) + columns)
            let made = [UInt8](repeating: 0x09, count: wanted / width) + [UInt8](repeating: 0x20, count: wanted % width)
            return FileLine(text: made + rest, end: line.end)
        case .blanks(let width, let columns):
            let wanted = max(0, Self.columns(indent, width) + columns)
            return FileLine(text: [UInt8](repeating: 0x20, count: wanted) + rest, end: line.end)
        }
    }

    private static func columns(_ indent: ArraySlice<UInt8>, _ width: Int) -> Int {
        indent.reduce(0) { $1 == 0x09 ? ($0 / width + 1) * width : $0 + 1 }
    }
}
