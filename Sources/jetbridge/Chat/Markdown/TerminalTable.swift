internal import Markdown

/// A table, aligned by the columns that its cells occupy on a terminal.
struct TerminalTable {
    /// Row by row, the header first.
    let cells: [StyledText]
    let alignments: [MarkdownAlignment]

    /// A grid, or "header: value" lists if the grid is wider than the terminal.
    func lines(width: Int) -> [String] {
        let count = self.alignments.count
        let columns = TableColumns(columns: count, cells: self.cells.indices) { self.cells[$0].width }
        guard columns.widths.reduce(3 * (count - 1), +) <= width else { return self.lists(width: width) }
        var lines: [String] = []
        for (index, cell) in self.cells.enumerated() {
            let spaces = columns.spaces(aroundCell: index, self.alignments[index % count])
            let text =
                String(repeating: " ", count: spaces.left) + cell.unwrapped
                + String(repeating: " ", count: spaces.right)
            if index % count == 0 {
                lines.append(text)
            } else {
                lines[lines.count - 1] += " \(StyledText.Style.faint.apply(to: "│")) " + text
            }
        }
        for index in lines.indices { while lines[index].last == " " { lines[index].removeLast() } }
        let rule = columns.widths.map { String(repeating: "─", count: $0) }.joined(separator: "─┼─")
        lines.insert(StyledText.Style.faint.apply(to: rule), at: 1)
        return lines
    }

    private func lists(width: Int) -> [String] {
        let header = self.cells.prefix(self.alignments.count)
        var lines: [String] = []
        for (index, cell) in self.cells.enumerated().dropFirst(header.count) {
            if index % header.count == 0, !lines.isEmpty { lines.append("") }
            guard !cell.isEmpty else { continue }
            var text = header[index % header.count]
            text.append(": ", .bold)
            for run in cell.runs { text.append(run.text, run.style) }
            lines += text.lines(width: width)
        }
        return lines.isEmpty ? [header.map(\.unwrapped).joined(separator: ", ")] : lines
    }
}
