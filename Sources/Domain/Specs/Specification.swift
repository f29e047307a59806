/// A complete document, with its sections checked and repaired. Pure.
package struct Specification: Sendable, Equatable {
    private struct Part {
        /// Nil for the head and for unknown sections, which stay after the section before them.
        var section: SpecificationSection?
        var lines: [Substring]
    }

    package private(set) var text: String
    /// The repairs, as clauses: "the section Requirements was missing".
    package private(set) var repairs: [String] = []

    /// Orders the sections and adds missing mandatory ones.
    package init(repairing document: String) {
        var parts = Self.parts(of: document)
        var markers = ClarificationMarkers()
        for line in document.split(separator: "\n") { _ = markers.limit(String(line)) }
        for section in SpecificationSection.allCases where section.isMandatory {
            guard !parts.contains(where: { $0.section == section }) else { continue }
            self.repairs.append("the section “\(section.title)” was missing")
            let marker = markers.mark("the draft omitted this section; what belongs here?")
            let lines = section.skeleton(marker: marker).split(separator: "\n", omittingEmptySubsequences: false)
            let place = parts.firstIndex { ($0.section ?? .clarifications) > section } ?? parts.endIndex
            parts.insert(Part(section: section, lines: lines), at: place)
        }
        let ordered = Self.ordered(parts)
        if ordered.map(\.section) != parts.map(\.section) { self.repairs.append("the sections were out of order") }
        self.text =
            ordered.map { Self.trimmed($0.lines).joined(separator: "\n") }
            .filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    /// Takes a corrected text, and keeps the reports of repairs.
    mutating func replace(with text: String) {
        self.text = text
    }

    /// Rewrites branch and folder for another number.
    package mutating func rename(_ old: String, to new: String) {
        self.text = self.text.replacing("**Feature Branch**: `\(old)`", with: "**Feature Branch**: `\(new)`")
            .replacing("specs/\(old)/", with: "specs/\(new)/")
    }

    /// The title, such as `Login Page`.
    package var title: String {
        let line = self.text.prefix { !$0.isNewline }
        return String(line.drop { $0 != ":" }.dropFirst().drop { $0 == " " })
    }

    private static func parts(of document: String) -> [Part] {
        var parts = [Part(section: nil, lines: [])]
        var fence: Substring?
        for line in document.split(separator: "\n", omittingEmptySubsequences: false) {
            let text = line.drop { $0 == " " }
            if let open = fence {
                if text == open { fence = nil }
            } else if text.hasPrefix("```") || text.hasPrefix("~~~") {
                fence = text.prefix { $0 == text.first }
            } else if line.hasPrefix("## ") {
                parts.append(Part(section: SpecificationSection(heading: line), lines: []))
            }
            parts[parts.count - 1].lines.append(line)
        }
        return parts
    }

    private static func ordered(_ parts: [Part]) -> [Part] {
        var rank = -1
        var ranked: [(rank: Int, part: Part)] = []
        for part in parts {
            rank = part.section?.rawValue ?? rank
            ranked.append((rank, part))
        }
        // Stable: equal ranks keep their order.
        return ranked.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
            .map(\.element.part)
    }

    private static func trimmed(_ lines: [Substring]) -> [Substring] {
        let isBlank = { (line: Substring) in line.allSatisfy { $0 == " " } }
        guard let first = lines.firstIndex(where: { !isBlank($0) }), let last = lines.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return Array(lines[first...last])
    }
}
