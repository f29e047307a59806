/// The columns of a table that are aligned with spaces.
package struct TableColumns {
    /// Each is as wide as its widest cell.
    package private(set) var widths: [Int] = []
    /// Of each cell, row by row.
    private let cells: [Int]

    /// - Parameter width: the width of a cell, by its index in the table.
    package init(columns: Int, cells: Range<Int>, width: (Int) -> Int) {
        self.cells = cells.map(width)
        self.widths = [Int](repeating: 0, count: columns)
        for (index, width) in self.cells.enumerated() {
            self.widths[index % columns] = max(self.widths[index % columns], width)
        }
    }

    /// The spaces on both sides of a cell.
    package func spaces(aroundCell index: Int, _ alignment: MarkdownAlignment) -> (left: Int, right: Int) {
        let room = self.widths[index % self.widths.count] - self.cells[index]
        switch alignment {
        case .none, .left: return (0, room)
        case .center: return (room / 2, room - room / 2)
        case .right: return (room, 0)
        }
    }
}
