/// A requirement, success criterion or other numbered statement where it is defined.
package struct Requirement: Sendable, Hashable {
    package let id: RequirementID
    /// What follows the id, on one line.
    package let text: String
    /// The first line, from 0, and the line after the last.
    package let line: Int
    package let end: Int
}

extension Requirement {
    /// Sections whose lists mention ids without defining them.
    private static let others: Set<String> = [
        "clarifications", "assumptions", "edge cases", "notes", "changelog", "change log", "dependencies",
        "out of scope", "traceability", "open questions",
    ]

    /// The definitions of a specification: `- **FR-001**: …`, `#### FR-001: …` or a table's row `| FR-001 | … |`.
    static func all(in document: MarkdownDocument) -> [Requirement] {
        var result: [Requirement] = []
        var excluded: [Bool] = []
        for section in document.sections {
            let isExcluded = Self.others.contains(section.key) || (section.parent.map { excluded[$0] } ?? false)
            excluded.append(isExcluded)
            guard !isExcluded else { continue }
            if section.level > 2, let (id, rest) = Self.definition(Array(section.title.utf8)[...], isMarked: true) {
                let text = rest.isBlank ? document.text(section.own) : rest.text
                result.append(Requirement(id: id, text: text, line: section.line, end: section.ownEnd))
            }
            for block in document.items(in: section.own) {
                guard let (id, rest) = Self.definition(block.item.content, isMarked: false) else { continue }
                let more = ((block.line + 1)..<block.end).map { document.visible($0).trimmed.text }
                let text = ([rest.text] + more).filter { !$0.isEmpty }.joined(separator: " ")
                result.append(Requirement(id: id, text: text, line: block.line, end: block.end))
            }
            for line in section.own where document.lines[line].kind == .text {
                let row = document.visible(line).trimmed
                guard row.first == UInt8(ascii: "|") else { continue }
                let cells = row.split(separator: UInt8(ascii: "|"))
                guard cells.count >= 2, let (id, rest) = Self.definition(cells[0].trimmed, isMarked: true),
                    rest.isBlank
                else { continue }
                let text = cells[1...].map { $0.trimmed.text }.joined(separator: " ")
                result.append(Requirement(id: id, text: text, line: line, end: line + 1))
            }
        }
        return result
    }

    /// Reads `**FR-001**: text`, `FR-001: text` and, where the place marks it as a definition, `FR-001 text`.
    private static func definition(
        _ content: ArraySlice<UInt8>, isMarked: Bool
    ) -> (id: RequirementID, text: ArraySlice<UInt8>)? {
        let emphasis = { (byte: UInt8) in
            byte == UInt8(ascii: "*") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "`")
        }
        let start = content.drop(while: emphasis)
        guard let (id, end) = RequirementID.read(start) else { return nil }
        var rest = content[end...]
        let isBold = content.begins(with: "**")
        let isColon = rest.first == UInt8(ascii: ":")
        guard isMarked || isBold || isColon else { return nil }
        rest = rest.drop { emphasis($0) || $0 == UInt8(ascii: ":") }.trimmed
        for mark in [StaticString(":"), "—", "–", "-"] where rest.begins(with: mark) {
            rest = rest.dropFirst(mark.utf8CodeUnitCount)
            break
        }
        return (id, rest.drop(while: emphasis).trimmed)
    }
}
