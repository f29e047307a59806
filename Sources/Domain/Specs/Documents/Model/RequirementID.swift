/// `FR-001`, `SC-002`, `NFR-003a`: what a specification numbers and other documents refer to.
package struct RequirementID: Sendable, Hashable, CustomStringConvertible {
    /// Two to five capitals.
    package let prefix: String
    package let number: Int
    /// The digits as written, and a letter or `.1` after them.
    package let label: String

    package var description: String { "\(self.prefix)-\(self.label)" }
    package var isCriterion: Bool { self.prefix == "SC" }

    init(prefix: String, number: Int, label: String) {
        self.prefix = prefix
        self.number = number
        self.label = label
    }

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

    /// The ids in a line, with ranges such as `FR-001–FR-004` written out.
    static func all(in line: ArraySlice<UInt8>, prefixes: Set<String>) -> [RequirementID] {
        var ids: [RequirementID] = []
        var index = line.startIndex
        while index < line.endIndex {
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
        return ids
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
