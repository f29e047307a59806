package import JSON
internal import Primitives

/// A finding of a review.
package struct ReviewFinding: Sendable, Hashable {
    package enum Severity: String, Sendable, Comparable, CaseIterable {
        case high, medium, low

        package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    package var path: String
    /// In the new file; nil where it is about the whole file.
    package var line: Int?
    package var severity: Severity
    package var text: String
    /// The task or requirement that it belongs to: `T004`, `FR-002`.
    package var reference: String?
    package var suggestion: String?
}

extension ReviewFinding {
    package init?(_ json: JSON) {
        guard let path = (json["file"] ?? json["path"])?.stringValue,
            let text = (json["text"] ?? json["message"])?.stringValue
        else { return nil }
        let shown = text.onOneLine.abridged(to: 1_000)
        guard !shown.isEmpty else { return nil }
        self.path = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        self.line = json["line"]?.intValue.map { Int($0) }
        self.severity = (json["severity"]?.stringValue?.lowercased()).flatMap { Severity(rawValue: $0) } ?? .medium
        self.text = shown
        self.reference = json["reference"]?.stringValue.flatMap(Self.reference)
        self.suggestion = json["suggestion"]?.stringValue.map { $0.onOneLine.abridged(to: 1_000) }.flatMap {
            $0.isEmpty ? nil : $0
        }
    }

    package var json: JSON {
        var members: JSONObject = [
            "file": .string(self.path), "severity": .string(self.severity.rawValue), "text": .string(self.text),
        ]
        members["line"] = self.line.map { JSON($0) }
        members["reference"] = self.reference.map { .string($0) }
        members["suggestion"] = self.suggestion.map { .string($0) }
        return .object(members)
    }

    /// A task's or requirement's id, and nothing else.
    private static func reference(_ text: String) -> String? {
        guard (2...16).contains(text.utf8.count), text.first?.isLetter == true, text.contains(where: \.isNumber),
            text.utf8.allSatisfy({ byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D: true
                default: false
                }
            })
        else { return nil }
        return text
    }
}

/// Which of a model's findings are kept. Pure.
package enum ReviewFindings {
    /// The most findings that are shown and posted.
    package static let limit = 30

    /// The findings about files of the diff, without duplicates, the most severe first. A finding about a line that the
    /// diff does not show becomes one about the file.
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

/// Reads what a model answers to a request for findings.
package enum ReviewAnswer {
    /// The most brackets that are tried, because each costs a scan of the answer.
    private static let tryLimit = 100

    /// The findings of `{"findings": […]}` or of a plain list, wherever the answer has it; nil without one.
    package static func findings(in answer: String) -> [ReviewFinding]? {
        var index = answer.startIndex
        var tries = 0
        while tries < self.tryLimit, let start = answer[index...].firstIndex(where: { $0 == "{" || $0 == "[" }) {
            if let end = self.end(of: answer, from: start), let json = try? JSON.parse(String(answer[start..<end])),
                let items = self.items(json)
            {
                return items.compactMap { ReviewFinding($0) }
            }
            index = answer.index(after: start)
            tries += 1
        }
        return nil
    }

    private static func items(_ json: JSON) -> [JSON]? {
        if let items = json["findings"]?.arrayValue { return items }
        guard let items = json.arrayValue, !items.isEmpty, items.allSatisfy({ $0.objectValue != nil }) else {
            return nil
        }
        return items
    }

    /// The index after the bracket that closes the first one.
    private static func end(of text: String, from start: String.Index) -> String.Index? {
        var depth = 0
        var isQuoted = false
        var isEscaped = false
        var index = start
        while index < text.endIndex {
            let letter = text.unicodeScalars[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted {
                if letter == "\\" { isEscaped = true }
                if letter == "\"" { isQuoted = false }
            } else if letter == "\"" {
                isQuoted = true
            } else if letter == "{" || letter == "[" {
                depth += 1
            } else if letter == "}" || letter == "]" {
                depth -= 1
                if depth == 0 { return text.unicodeScalars.index(after: index) }
            }
            index = text.unicodeScalars.index(after: index)
        }
        return nil
    }
}
