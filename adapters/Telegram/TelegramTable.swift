/// A table as lines of fixed width. Telegram has no tables in plain messages.
struct TelegramTable {
    private var rows: [[[UInt8]]] = []
    private var hasHeader = false

    /// Columns are filled up to this width at most, so that one long cell does not push everything out of sight.
    private static let columnLimit = 40

    mutating func beginRow(isHeader: Bool) {
        self.rows.append([])
        if isHeader { self.hasHeader = true }
    }

    mutating func beginCell() {
        guard !self.rows.isEmpty else { return }
        self.rows[self.rows.count - 1].append([])
    }

    /// Appends to the cell that was begun last.
    mutating func append(_ bytes: some Sequence<UInt8>) {
        guard let row = self.rows.indices.last, let cell = self.rows[row].indices.last else { return }
        self.rows[row][cell] += bytes
    }

    /// The lines, not escaped.
    var lines: [[UInt8]] {
        let count = self.rows.map(\.count).max() ?? 0
        let cells = self.rows.map { row in row.map { Self.trimmed($0) } }
        let widths = (0..<count).map { column in
            min(Self.columnLimit, cells.map { column < $0.count ? Self.width($0[column]) : 0 }.max() ?? 0)
        }
        var lines = cells.map { self.line($0, widths) }
        if self.hasHeader, !lines.isEmpty {
            let rule = widths.map { String(repeating: "─", count: max($0, 1)) }.joined(separator: "─┼─")
            lines.insert(Array(rule.utf8), at: 1)
        }
        return lines
    }

    private func line(_ row: [[UInt8]], _ widths: [Int]) -> [UInt8] {
        var line: [UInt8] = []
        for (column, width) in widths.enumerated() {
            if column > 0 { line += Array(" │ ".utf8) }
            let cell = column < row.count ? row[column] : []
            line += cell
            let isLast = column == widths.count - 1
            if !isLast { line += repeatElement(0x20, count: max(0, width - Self.width(cell))) }
        }
        return line
    }

    private static func trimmed(_ cell: [UInt8]) -> [UInt8] {
        guard let first = cell.firstIndex(where: { $0 != 0x20 }), let last = cell.lastIndex(where: { $0 != 0x20 })
        else { return [] }
        return Array(cell[first...last])
    }

    /// The columns that a text takes: two for what East Asian scripts and emoji take, one for the rest.
    static func width(_ bytes: [UInt8]) -> Int {
        String(decoding: bytes, as: UTF8.self).reduce(0) { $0 + Self.width($1) }
    }

    private static func width(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        if character.unicodeScalars.contains("\u{FE0F}") { return 2 }
        switch first.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        case 0x200B...0x200F, 0x2060, 0x0300...0x036F: return 0
        default: return first.properties.isEmojiPresentation ? 2 : 1
        }
    }
}
