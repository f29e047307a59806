internal import Markdown

/// A table, aligned by the columns that its cells occupy on a terminal.
struct TerminalTable {
    private var rows: [[StyledText]] = []
    private var alignments: [MarkdownAlignment] = []

    mutating func beginRow() { self.rows.append([]) }

    mutating func append(_ cell: StyledText, _ alignment: MarkdownAlignment) {
        if self.rows.count == 1 { self.alignments.append(alignment) }
        self.rows[self.rows.count - 1].append(cell)
    }

    /// A grid, or "header: value" lists if the grid is wider than the terminal.
    func lines(width: Int) -> [String] {
        guard let header = self.rows.first, !header.isEmpty else { return [] }
        let widths = header.indices.map { column in
            self.rows.map { column < $0.count ? $0[column].width : 0 }.max() ?? 0
        }
        guard widths.reduce(3 * (widths.count - 1), +) <= width else { return self.lists(header, width: width) }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "─┼─")
        var lines = self.rows.map { self.line($0, widths) }
        lines.insert(StyledText.Style.faint.apply(to: rule), at: 1)
        return lines
    }

    private func line(_ row: [StyledText], _ widths: [Int]) -> String {
        let cells = widths.indices.map { column in
            let cell = column < row.count ? row[column] : StyledText()
            return Self.aligned(cell, to: widths[column], self.alignments[column])
        }
        var line = cells.joined(separator: " \(StyledText.Style.faint.apply(to: "│")) ")
        while line.last == " " { line.removeLast() }
        return line
    }

    private static func aligned(_ cell: StyledText, to width: Int, _ alignment: MarkdownAlignment) -> String {
        let space = max(0, width - cell.width)
        let before =
            switch alignment {
            case .none, .left: 0
            case .center: space / 2
            case .right: space
            }
        return String(repeating: " ", count: before) + cell.unwrapped + String(repeating: " ", count: space - before)
    }

    private func lists(_ header: [StyledText], width: Int) -> [String] {
        var lines: [String] = []
        for row in self.rows.dropFirst() {
            if !lines.isEmpty { lines.append("") }
            for (name, cell) in zip(header, row) where !cell.isEmpty {
                var text = name
                text.append(": ", .bold)
                for run in cell.runs { text.append(run.text, run.style) }
                lines += text.lines(width: width)
            }
        }
        return lines.isEmpty ? [header.map(\.unwrapped).joined(separator: ", ")] : lines
    }
}
