internal import Markdown
internal import Primitives

/// A Markdown document as lines and sections. Lossless: ``written`` gives back the bytes that were read.
package struct MarkdownDocument: Sendable, Hashable {
    package let bytes: [UInt8]
    package let lines: [DocumentLine]
    package let sections: [DocumentSection]
    /// The line, from 0, where a code block or comment begins that never ends.
    package let openFence: Int?
    package let openComment: Int?

    let visible: [UInt8]
    let plain: [UInt8]

    package init(_ bytes: [UInt8]) {
        let scanner = DocumentScanner(bytes)
        self.bytes = bytes
        self.lines = scanner.lines
        self.visible = scanner.visible
        self.plain = scanner.plain
        self.openFence = scanner.openFence
        self.openComment = scanner.openComment
        self.sections = Self.sections(of: scanner)
    }

    package init(_ text: String) { self.init(Array(text.utf8)) }

    /// The document from its parts: what precedes the first heading, then each section's own lines.
    package var written: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(self.bytes.count)
        let parts = [0..<(self.sections.first?.line ?? self.lines.count)] + self.sections.map { $0.line..<$0.ownEnd }
        for part in parts {
            for line in self.lines[part] { result += self.bytes[line.content.lowerBound..<line.end] }
        }
        return result
    }

    package var isUTF8: Bool { String(validating: self.bytes, as: UTF8.self) != nil }

    /// A line without its ending.
    package func text(_ line: Int) -> String { self.raw(line).text }

    /// Lines with their endings.
    package func text(_ lines: Range<Int>) -> String {
        guard let first = self.lines[lines].first, let last = self.lines[lines].last else { return "" }
        return self.bytes[first.content.lowerBound..<last.end].text
    }

    /// The section whose own text contains a line.
    package func section(at line: Int) -> DocumentSection? {
        var low = 0
        var high = self.sections.count
        while low < high {
            let middle = (low + high) / 2
            if self.sections[middle].line <= line { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? self.sections[low - 1] : nil
    }

    /// The first section with a key; see ``DocumentSection/key``.
    package func section(_ key: String) -> DocumentSection? { self.sections.first { $0.key == key } }

    /// The text of the first heading of level 1.
    package var title: String? { self.sections.first { $0.level == 1 }?.title }

    package func raw(_ line: Int) -> ArraySlice<UInt8> { self.bytes[self.lines[line].content] }
    func visible(_ line: Int) -> ArraySlice<UInt8> { self.visible[self.lines[line].content] }
    func plain(_ line: Int) -> ArraySlice<UInt8> { self.plain[self.lines[line].content] }

    /// Whether a line below a heading says anything: text, code, a table.
    func hasContent(_ range: Range<Int>) -> Bool {
        self.lines[range].contains { line in
            switch line.kind {
            case .blank, .comment, .frontMatter: return false
            case .heading, .fence, .code: return true
            case .text: return !MarkdownLine(self.bytes[line.content]).isThematicBreak
            }
        }
    }

    private static func sections(of scanner: DocumentScanner) -> [DocumentSection] {
        var sections: [DocumentSection] = []
        var open: [Int] = []
        for (number, line) in scanner.lines.enumerated() {
            guard case .heading(let level) = line.kind else { continue }
            if let last = sections.indices.last { sections[last].ownEnd = number }
            while let last = open.last, sections[last].level >= level {
                sections[last].end = number
                open.removeLast()
            }
            let title = MarkdownLine(scanner.visible[line.content]).title
            sections.append(
                DocumentSection(
                    level: level, title: title.text, key: DocumentSection.key(of: title), line: number,
                    ownEnd: scanner.lines.count, end: scanner.lines.count, parent: open.last))
            open.append(sections.count - 1)
        }
        return sections
    }
}

/// A heading and what is below it.
package struct DocumentSection: Sendable, Hashable {
    /// 1 to 6.
    package let level: Int
    /// The heading's text without its number signs.
    package let title: String
    /// The title for comparisons: lower case, `and` for `&`, without parentheses, marks and emphasis.
    package let key: String
    /// The heading's line; lines count from 0.
    package let line: Int
    /// The line after the section's own text: the next heading, or the end.
    package internal(set) var ownEnd: Int
    /// The line after the section: the next heading of the same or a higher level, or the end.
    package internal(set) var end: Int
    /// The index of the section that contains it.
    package let parent: Int?

    /// The lines below the heading up to the next one.
    package var own: Range<Int> { (self.line + 1)..<self.ownEnd }
    /// The lines below the heading with all subsections.
    package var lines: Range<Int> { (self.line + 1)..<self.end }

    package static func key(of title: ArraySlice<UInt8>) -> String {
        var result: [UInt8] = []
        var depth = 0
        for byte in title {
            switch byte {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth = max(0, depth - 1)
            case _ where depth > 0: break
            case UInt8(ascii: "&"): result += " and ".utf8
            case _ where (byte.isWordByte && byte != UInt8(ascii: "_")) || byte >= 0x80: result.append(byte.lowercased)
            default: result.append(0x20)
            }
        }
        let words = result.split(separator: 0x20)
        return StreamSafeText.of(String(decoding: Array(words.joined(separator: [0x20])), as: UTF8.self))
    }
}
