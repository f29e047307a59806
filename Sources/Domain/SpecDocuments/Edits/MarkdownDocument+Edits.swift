/// Changes by code. Each touches only the bytes it names and keeps the document's line endings.
extension MarkdownDocument {
    /// The ending of the document's first line; `\n` for one line.
    var lineEnding: [UInt8] {
        guard let first = self.lines.first(where: { $0.end > $0.content.upperBound }) else { return [0x0A] }
        return Array(self.bytes[first.content.upperBound..<first.end])
    }

    /// The bytes with a range replaced.
    func replacing(_ range: Range<Int>, with text: some Sequence<UInt8>) -> [UInt8] {
        var result = self.bytes
        result.replaceSubrange(range, with: Array(text))
        return result
    }

    /// The bytes with whole lines before a line, from 0; at the end for one past the last.
    package func inserting(_ lines: [String], before line: Int) -> [UInt8] {
        let ending = self.lineEnding
        let place = line < self.lines.count ? self.lines[line].content.lowerBound : self.bytes.count
        var text = lines.flatMap { Array($0.utf8) + ending }
        // The last line has no ending to separate the new ones from it.
        let isOpen = place == self.bytes.count && self.lines.last.map { $0.end == $0.content.upperBound } ?? false
        if isOpen { text = ending + text }
        return self.replacing(place..<place, with: text)
    }

    /// The bytes with a new section at the end, or at the end of another section.
    ///
    /// - Parameters:
    ///   - text: The heading and what is below it.
    ///   - section: The section that gets the new one as its last subsection; nil for the document's end.
    package func appending(section text: String, to section: DocumentSection? = nil) -> [UInt8] {
        let place = self.placeAfterText(in: 0..<(section?.end ?? self.lines.count))
        var lines = Self.split(text)
        if place > 0 { lines.insert("", at: 0) }
        if place < self.lines.count, self.lines[place].kind != .blank { lines.append("") }
        return self.inserting(lines, before: place)
    }

    /// The bytes with a section, its heading included, replaced.
    package func replacing(section: DocumentSection, with text: String) -> [UInt8] {
        let end = max(section.line + 1, self.placeAfterText(in: section.line..<section.end))
        let last = self.lines[end - 1]
        let ending = self.lineEnding
        var bytes = Array(Self.split(text).map { Array($0.utf8) }.joined(separator: ending))
        bytes += self.bytes[last.content.upperBound..<last.end]
        return self.replacing(self.lines[section.line].content.lowerBound..<last.end, with: bytes)
    }

    /// The line after the last one that is not blank.
    package func placeAfterText(in range: Range<Int>) -> Int {
        (range.last { self.lines[$0].kind != .blank }).map { $0 + 1 } ?? range.lowerBound
    }

    /// Lines without endings and without blank ones at both ends.
    private static func split(_ text: String) -> [String] {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        let isBlank = { (line: String) in line.allSatisfy(\.isWhitespace) }
        guard let first = lines.firstIndex(where: { !isBlank($0) }), let last = lines.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return Array(lines[first...last])
    }
}

/// Why a document was not changed.
package struct DocumentEditError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One line: what failed, why, what to do.
    package let message: String

    package var description: String { self.message }
}

extension TaskDocument {
    /// The document with a task's box ticked, or cleared; the same bytes if it is already so.
    package func ticking(_ id: String, isDone: Bool = true) throws(DocumentEditError) -> [UInt8] {
        let tasks = self.tasks.filter { $0.id == id }
        guard let task = tasks.first else {
            throw DocumentEditError(message: "\(id) is not in the list of tasks: choose one that is")
        }
        guard tasks.count == 1 else {
            throw DocumentEditError(
                message: "\(id) occurs \(tasks.count) times, so nobody knows which is meant: number them apart")
        }
        guard let box = task.box else {
            throw DocumentEditError(message: "\(id) has no checkbox to tick: begin its line with `- [ ] `")
        }
        if task.isTicked == isDone { return self.markdown.bytes }
        return self.markdown.replacing(box, with: (isDone ? "x" : " ").utf8)
    }
}
