/// A finding of an analysis.
struct AnalysisRow: Sendable, Hashable {
    enum Severity: String, Sendable, CaseIterable {
        case critical, high, medium, low

        var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    let severity: Severity
    /// A file and a line or id.
    let place: String
    let text: String
    /// The rule's id; nil for the model's reading.
    let rule: String?

    /// The rows of a table that a model wrote. Other lines, and rows without a known severity, say nothing.
    static func rows(in answer: String) -> [AnalysisRow] {
        var rows: [AnalysisRow] = []
        for line in answer.split(whereSeparator: \.isNewline) where rows.count < StageLimits.rows {
            let text = line.drop { $0 == " " || $0 == "\t" }
            guard text.hasPrefix("|") else { continue }
            var cells = Self.cells(of: text)
            // Some models number the rows.
            if cells.count > 3, Self.severity(cells[0]) == nil { cells.removeFirst() }
            guard cells.count >= 3, let severity = Self.severity(cells[0]) else { continue }
            let words = cells[2...].filter { !$0.isEmpty }.joined(separator: " – ")
            guard words.contains(where: { $0.isLetter || $0.isNumber }) else { continue }
            rows.append(AnalysisRow(severity: severity, place: cells[1], text: words, rule: nil))
        }
        return rows
    }

    private static func severity(_ cell: String) -> Severity? {
        let word = cell.lowercased().filter(\.isLetter)
        return Severity(rawValue: word) ?? (word == "error" ? .high : word == "warning" ? .low : nil)
    }

    /// The cells between the bars; `\|` is part of a cell.
    private static func cells(of row: Substring) -> [String] {
        var cells: [String] = []
        var cell = ""
        var isEscaped = false
        for character in row.dropFirst() {
            if isEscaped {
                cell.append(character == "|" ? "|" : "\\\(character)")
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "|" {
                cells.append(Self.plain(cell))
                cell = ""
            } else {
                cell.append(character)
            }
        }
        let last = Self.plain(cell)
        return last.isEmpty ? cells : cells + [last]
    }

    private static func plain(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
