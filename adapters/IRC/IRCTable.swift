internal import Kit
internal import Markdown
internal import Primitives

/// A table as lines with aligned columns.
struct IRCTable {
    private struct Cell {
        let bytes: [UInt8]
        let alignment: MarkdownAlignment
        let width: Int

        /// Padded to a column's width, but not after the last column's text.
        func padded(to width: Int, isLast: Bool) -> [UInt8] {
            if isLast, self.bytes.isEmpty { return [] }
            let room = max(0, width - self.width)
            let left =
                switch self.alignment {
                case .none, .left: 0
                case .center: room / 2
                case .right: room
                }
            let spaces = { [UInt8](repeating: 0x20, count: $0) }
            return spaces(left) + self.bytes + (isLast ? [] : spaces(room - left))
        }
    }

    private struct Row {
        let isHeader: Bool
        var cells: [Cell] = []
    }

    /// In columns of a monospaced font. The lines of a wider table would wrap, so its columns are not padded.
    private static let widthLimit = 100
    private static let separator = Array(" | ".utf8)

    private var rows: [Row] = []

    mutating func beginRow(isHeader: Bool) {
        self.rows.append(Row(isHeader: isHeader))
    }

    /// Adds a cell to the current row; formats are closed at its end.
    mutating func append(_ cell: [UInt8], _ alignment: MarkdownAlignment) {
        guard let row = self.rows.indices.last else { return }
        self.rows[row].cells.append(Cell(bytes: cell, alignment: alignment, width: DisplayWidth.of(cell)))
    }

    /// The lines: in monospace if they are aligned, the header in bold.
    var lines: [[UInt8]] {
        let count = self.rows.map(\.cells.count).max() ?? 0
        let widths = (0..<count).map { column in
            self.rows.compactMap { column < $0.cells.count ? $0.cells[column].width : nil }.max() ?? 0
        }
        let isAligned = widths.reduce(0, +) + (count - 1) * Self.separator.count <= Self.widthLimit
        return self.rows.map { row in
            let cells = row.cells.enumerated().map { column, cell in
                isAligned ? cell.padded(to: widths[column], isLast: column == count - 1) : cell.bytes
            }
            var line = Array(cells.joined(separator: Self.separator))
            if row.isHeader { line = [IRCCode.bold] + line + [IRCCode.bold] }
            return isAligned ? [IRCCode.monospace] + line + [IRCCode.monospace] : line
        }
    }
}
