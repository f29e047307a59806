/// The text of an analysis: what there is, and what is wrong with it by severity.
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
            parts.append(Self.count(spec.stories.count, "story", "stories"))
            parts.append(Self.count(spec.requirements.count, "requirement", "requirements"))
        }
        if let tasks = feature.tasks {
            let done = tasks.tasks.filter(\.isTicked).count
            parts.append("\(Self.count(tasks.tasks.count, "task", "tasks")), \(done) done")
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
            lines += ["", "\(Self.count(more, "more finding", "more findings")), of the same severity or lower."]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func count(_ count: Int, _ one: String, _ many: String) -> String {
        "\(count) \(count == 1 ? one : many)"
    }

    /// One cell: no bar, no break, no control character ends it.
    private static func cell(_ text: String, _ limit: Int) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            scalar.properties.generalCategory == .control ? " " : scalar
        }
        let line = String(String.UnicodeScalarView(scalars)).split(whereSeparator: \.isWhitespace).joined(
            separator: " ")
        let shown = line.count > limit ? "\(line.prefix(limit - 1))…" : line
        return shown.replacing("\\", with: "\\\\").replacing("|", with: "\\|")
    }
}
