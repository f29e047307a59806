/// A line `**Name**: value`, as the documents use for their metadata.
package struct FieldLine: Sendable, Hashable {
    package let name: String
    package let value: String
    /// From 0.
    package let line: Int

    /// The name for comparisons; see ``DocumentSection/key``.
    let key: String

    /// Reads `**Name**: value` and `**Name:** value`, also as a list item.
    init?(_ text: ArraySlice<UInt8>, line: Int) {
        let text = ListItem(text)?.content ?? text.trimmed
        guard text.begins(with: "**") else { return nil }
        let rest = text.dropFirst(2)
        guard let end = rest.index(ofIgnoringCase: "**") else { return nil }
        var name = rest[..<end].trimmed
        var value = rest[(end + 2)...].trimmed
        if name.last == UInt8(ascii: ":") {
            name = name.dropLast().trimmed
        } else {
            guard value.first == UInt8(ascii: ":") else { return nil }
            value = value.dropFirst().trimmed
        }
        guard !name.isEmpty else { return nil }
        self.name = name.text
        self.value = value.text
        self.line = line
        self.key = DocumentSection.key(of: name)
    }
}

extension MarkdownDocument {
    /// The fields in a range of lines. Several on one line, as in `**Branch**: x | **Date**: y`, count each.
    func fields(in range: Range<Int>) -> [FieldLine] {
        range.flatMap { line -> [FieldLine] in
            guard self.lines[line].kind == .text else { return [] }
            let text = self.visible(line)
            guard text.contains(UInt8(ascii: "*")) else { return [] }
            guard text.contains(UInt8(ascii: "|")), text.trimmed.first != UInt8(ascii: "|") else {
                return FieldLine(text, line: line).map { [$0] } ?? []
            }
            let parts = text.split(separator: UInt8(ascii: "|")).compactMap { FieldLine($0, line: line) }
            return parts
        }
    }
}
