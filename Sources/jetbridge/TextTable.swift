internal import Primitives

/// Columns of text, two spaces apart.
enum TextTable {
    static func lines(_ rows: [[String]]) -> [String] {
        let sizes = rows.map { $0.map { DisplayWidth.of($0) } }
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in sizes.map { column < $0.count ? $0[column] : 0 }.max() ?? 0 }
        return zip(rows, sizes).map { row, sizes in
            let cells = row.enumerated().map { column, text in
                let space = column == row.count - 1 ? 0 : widths[column] - sizes[column]
                return text + String(repeating: " ", count: space)
            }
            return cells.joined(separator: "  ")
        }
    }
}
