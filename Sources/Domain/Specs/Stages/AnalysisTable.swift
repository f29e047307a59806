internal import Primitives
internal import SpecDocuments

/// The text of an analysis: the documents, and the findings by severity.
struct AnalysisTable {
    private let rows: [AnalysisRow]
    private let name: String
    private let summary: String

    init(_ feature: FeatureDocuments, rows: [AnalysisRow], name: String) {
        var seen: Set<String> = []
        // Stable: what code found precedes the model's reading.
        self.rows = rows.filter { seen.insert("\($0.place) \($0.text)").inserted }.enumerated()
            .sorted { ($0.element.severity.rank, $0.offset) < ($1.element.severity.rank, $1.offset) }.map(\.element)
        self.name = name
        var parts: [String] = []
        if let spec = feature.spec {
            parts.append(spec.stories.count == 1 ? "1 story" : "\(spec.stories.count) stories")
            parts.append(spec.requirements.count.counted("requirement"))
        }
        if let tasks = feature.tasks {
            let done = tasks.tasks.filter(\.isTicked).count
            parts.append("\(tasks.tasks.count.counted("task")), \(done) done")
        }
        self.summary = parts.joined(separator: " · ")
    }

    var text: String {
        var lines = ["## Analysis of \(self.name)", ""]
        if !self.summary.isEmpty { lines += ["\(self.summary).", ""] }
        guard !self.rows.isEmpty else {
            return (lines + ["No findings: the documents fit together.", ""]).joined(separator: "\n")
        }
        lines += ["| Severity | Where | Finding |", "|---|---|---|"]
        for row in self.rows.prefix(StageLimits.rows) {
            let rule = row.rule.map { " (`\($0)`)" } ?? ""
            lines.append(
                "| \(row.severity.rawValue) | \(Self.cell(row.place, 120)) | \(Self.cell(row.text, 600))\(rule) |")
        }
        let more = self.rows.count - StageLimits.rows
        if more > 0 {
            lines += ["", "\(more.counted("more finding")), of the same severity or lower."]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One cell, in which no bar, line break or control character ends the cell.
    private static func cell(_ text: String, _ limit: Int) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            scalar.properties.generalCategory == .control ? " " : scalar
        }
        let shown = String(String.UnicodeScalarView(scalars)).onOneLine.abridged(to: limit)
        return shown.replacing("\\", with: "\\\\").replacing("|", with: "\\|")
    }
}

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
                cells.append(cell.onOneLine)
                cell = ""
            } else {
                cell.append(character)
            }
        }
        let last = cell.onOneLine
        return last.isEmpty ? cells : cells + [last]
    }
}
