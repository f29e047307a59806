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

    /// The definitions of a specification: `- **FR-001**: …`, `#### FR-001: …` or a table row `| FR-001 | … |`.
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

/// `FR-001`, `SC-002`, `NFR-003a`: what a specification numbers and other documents refer to.
package struct RequirementID: Sendable, Hashable, CustomStringConvertible {
    /// Two to five capitals.
    package let prefix: String
    package let number: Int
    /// The digits as written, and a letter or `.1` after them.
    package let label: String

    package var description: String { "\(self.prefix)-\(self.label)" }
    package var isCriterion: Bool { self.prefix == "SC" }

    /// Reads an id at the start of `bytes`; gives the place after it.
    static func read(_ bytes: ArraySlice<UInt8>) -> (id: RequirementID, end: Int)? {
        let prefix = bytes.prefix { $0.isUppercase }
        guard 2...5 ~= prefix.count, bytes.dropFirst(prefix.count).first == UInt8(ascii: "-"),
            let number = bytes.dropFirst(prefix.count + 1).leadingNumber(), number.digits <= 5
        else { return nil }
        var end = number.rest.startIndex
        if let next = number.rest.first {
            let second = number.rest.dropFirst().first
            if next.isLowercase, second.map({ !$0.isWordByte }) ?? true {
                end += 1
            } else if next == UInt8(ascii: "."), let second, second.isDigit {
                end += 1 + number.rest.dropFirst().prefix { $0.isDigit }.count
            }
        }
        guard end == bytes.endIndex || !bytes[end].isWordByte else { return nil }
        let label = bytes[(prefix.endIndex + 1)..<end]
        return (RequirementID(prefix: prefix.text, number: number.value, label: label.text), end)
    }

    /// The most of a line. Ranges make many ids of few bytes.
    static let limit = 1_000

    /// The first ``limit`` ids in a line, with ranges such as `FR-001–FR-004` written out.
    static func all(in line: ArraySlice<UInt8>, prefixes: Set<String>) -> [RequirementID] {
        var ids: [RequirementID] = []
        var index = line.startIndex
        while index < line.endIndex, ids.count < self.limit {
            let isStart =
                index == line.startIndex || !(line[index - 1].isWordByte || line[index - 1] == UInt8(ascii: "-"))
            guard line[index].isUppercase, isStart, let (id, end) = self.read(line[index...]) else {
                index += 1
                continue
            }
            index = end
            guard prefixes.contains(id.prefix) else { continue }
            ids.append(id)
            guard let (last, lastEnd) = self.rangeEnd(of: id, in: line[end...]) else { continue }
            if last.number > id.number, last.number - id.number <= 200 {
                let width = id.label.utf8.count
                for number in (id.number + 1)..<last.number {
                    let digits = String(number)
                    let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
                    ids.append(RequirementID(prefix: id.prefix, number: number, label: zeros + digits))
                }
            }
            ids.append(last)
            index = lastEnd
        }
        return Array(ids.prefix(self.limit))
    }

    /// The last id of a range whose first one has just been read.
    private static func rangeEnd(
        of first: RequirementID, in bytes: ArraySlice<UInt8>
    ) -> (id: RequirementID, end: Int)? {
        guard let rest = RangeMark.after(bytes) else { return nil }
        if let last = self.read(rest) { return last.id.prefix == first.prefix ? last : nil }
        guard let number = rest.leadingNumber(), number.digits == first.label.utf8.count else { return nil }
        let last = RequirementID(
            prefix: first.prefix, number: number.value, label: rest.prefix(number.digits).text)
        return (last, number.rest.startIndex)
    }
}

/// What stands between the first and the last of a range: `-`, `–`, `—`, `…`, `..`, `to`, `through`.
enum RangeMark {
    /// The bytes after the mark; nil without one.
    static func after(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let text = bytes.drop { $0 == 0x20 || $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "`") }
        let marks: [StaticString] = ["-", "–", "—", "…", "...", "..", "to ", "through "]
        guard let mark = marks.first(where: { text.begins(with: $0) }) else { return nil }
        return text.dropFirst(mark.utf8CodeUnitCount).drop {
            $0 == 0x20 || $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "`")
        }
    }
}
