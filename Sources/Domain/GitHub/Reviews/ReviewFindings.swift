/// Which of a model's findings are kept. Pure.
package enum ReviewFindings {
    /// How many are shown and posted.
    package static let limit = 30

    /// Those about files of the diff, each once, the most severe first. A line that the diff does not show is dropped,
    /// so that the finding is about its file.
    package static func checked(_ findings: [ReviewFinding], against files: [ReviewFile]) -> [ReviewFinding] {
        var lines: [String: Set<Int>] = [:]
        for file in files { lines[file.path] = file.lines }
        var seen: Set<String> = []
        var kept: [ReviewFinding] = []
        for var finding in findings {
            guard let known = lines[finding.path] else { continue }
            if let line = finding.line, !known.contains(line) { finding.line = nil }
            guard seen.insert(Self.key(finding)).inserted else { continue }
            kept.append(finding)
        }
        // Stable: of equally severe ones the order of the files stays.
        let order = Dictionary(files.enumerated().map { ($1.path, $0) }) { first, _ in first }
        return kept.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            if a.severity != b.severity { return a.severity < b.severity }
            let places = (order[a.path] ?? .max, order[b.path] ?? .max)
            if places.0 != places.1 { return places.0 < places.1 }
            if a.line != b.line { return a.line ?? 0 < b.line ?? 0 }
            return left.offset < right.offset
        }.map(\.element)
    }

    private static func key(_ finding: ReviewFinding) -> String {
        let words = finding.text.lowercased().filter { $0.isLetter || $0.isNumber }
        return "\(finding.path)\u{0}\(finding.line ?? 0)\u{0}\(words)"
    }
}
