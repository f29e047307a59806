internal import Kit
internal import Primitives

/// A table as preformatted lines or as a list; Telegram messages have no tables.
struct TelegramTable {
    private var rows: [[[UInt8]]] = []
    private var hasHeader = false

    /// In columns of a monospaced font: what a phone shows without wrapping.
    private static let widthLimit = 40

    mutating func beginRow(isHeader: Bool) {
        self.rows.append([])
        if isHeader { self.hasHeader = true }
    }

    mutating func beginCell() {
        guard !self.rows.isEmpty else { return }
        self.rows[self.rows.count - 1].append([])
    }

    /// Appends to the current cell.
    mutating func append(_ bytes: some Sequence<UInt8>) {
        guard let row = self.rows.indices.last, let cell = self.rows[row].indices.last else { return }
        self.rows[row][cell] += bytes
    }

    /// The lines, not escaped.
    var lines: [[UInt8]] {
        let cells = self.cells
        let widths = Self.widths(cells)
        var lines = cells.map { self.line($0, widths) }
        if self.hasHeader, !lines.isEmpty {
            let rule = widths.map { String(repeating: "─", count: max($0, 1)) }.joined(separator: "─┼─")
            lines.insert(Array(rule.utf8), at: 1)
        }
        return lines
    }

    /// Too wide for preformatted lines, and there is something to list.
    var isWide: Bool {
        let widths = Self.widths(self.cells)
        return self.hasHeader && self.rows.count > 1
            && widths.reduce(0, +) + 3 * max(0, widths.count - 1) > Self.widthLimit
    }

    /// The rows below the header, each cell with its header.
    var records: [[(header: [UInt8], value: [UInt8])]] {
        guard let header = self.cells.first else { return [] }
        return self.cells.dropFirst().map { row in
            row.enumerated().map { ($0.offset < header.count ? header[$0.offset] : [], $0.element) }
        }
    }

    private var cells: [[[UInt8]]] { self.rows.map { row in row.map { Self.trimmed($0) } } }

    private static func widths(_ cells: [[[UInt8]]]) -> [Int] {
        (0..<(cells.map(\.count).max() ?? 0)).map { column in
            cells.map { column < $0.count ? DisplayWidth.of($0[column]) : 0 }.max() ?? 0
        }
    }

    private func line(_ row: [[UInt8]], _ widths: [Int]) -> [UInt8] {
        var line: [UInt8] = []
        for (column, width) in widths.enumerated() {
            if column > 0 { line += Array(" │ ".utf8) }
            let cell = column < row.count ? row[column] : []
            line += cell
            let isLast = column == widths.count - 1
            if !isLast { line += repeatElement(0x20, count: max(0, width - DisplayWidth.of(cell))) }
        }
        return line
    }

    private static func trimmed(_ cell: [UInt8]) -> [UInt8] {
        guard let first = cell.firstIndex(where: { $0 != 0x20 }), let last = cell.lastIndex(where: { $0 != 0x20 })
        else { return [] }
        return Array(cell[first...last])
    }
}
