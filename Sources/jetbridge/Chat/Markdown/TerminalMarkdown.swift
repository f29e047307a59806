internal import Markdown
internal import Primitives

/// Renders an answer while it arrives: each block, list item and line of code as soon as it is complete. The end of
/// what is not complete yet shows in a line that the next output replaces.
struct TerminalMarkdown {
    private static let clearLine = "\r\u{1B}[K"

    private let width: Int
    /// What has arrived and was not rendered before the last piece.
    private var rest: [UInt8] = []
    /// Within `rest`, the end of what is rendered. A piece can have a million lines, so that they are removed together.
    private var start = 0
    /// From `start` on, where the scan continues, and the blocks up to there.
    private var scanned = 0
    private var blocks = MarkdownBlocks()
    private var fence: MarkdownLine.Fence?
    /// A blank line follows what was rendered last.
    private var hasGap = false
    private var hasOutput = false
    private var isWaitingShown = false

    init(width: Int) {
        self.width = width
    }

    /// Takes the next piece of the answer and returns what to print.
    mutating func append(_ text: String) -> String {
        var output = self.hideWaiting()
        self.rest += text.utf8
        while let rendered = self.next() { output += rendered }
        self.rest.removeFirst(self.start)
        self.start = 0
        return output + self.showWaiting()
    }

    /// Returns the rest, and is ready for another answer.
    mutating func finish() -> String {
        var output = self.hideWaiting()
        if self.rest.last != UInt8(ascii: "\n"), !self.rest.isEmpty { self.rest.append(UInt8(ascii: "\n")) }
        while let rendered = self.next() { output += rendered }
        if self.start < self.rest.count { output += self.render(self.rest.count - self.start) }
        self = TerminalMarkdown(width: self.width)
        return output
    }

    /// Removes the line that shows what is not complete, before something else is printed.
    mutating func hideWaiting() -> String {
        guard self.isWaitingShown else { return "" }
        self.isWaitingShown = false
        return Self.clearLine
    }

    private mutating func showWaiting() -> String {
        let end = self.rest.lastIndex { $0 != UInt8(ascii: "\n") }.map { $0 + 1 } ?? 0
        let start = self.rest[..<end].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let last = self.rest[start..<end]
        // An incomplete character at the end shows when it is complete.
        var text = VisibleText.of(String(decoding: last, as: UTF8.self), lineBreaks: .normalized).replacing(
            "\t", with: " ")
        while text.last == "\u{FFFD}" || text.last == " " { text.removeLast() }
        guard !text.isEmpty else { return "" }
        self.isWaitingShown = true
        return StyledText.Style.faint.apply(to: String(Self.end(of: text, width: self.width - 1)))
    }

    /// The longest end of a line that fits. It is called for each piece of a line, which may be very long.
    private static func end(of line: String, width: Int) -> Substring {
        let end = Substring(line.unicodeScalars.suffix(max(0, 4 * width)))
        var start = end.endIndex
        var left = width
        while start > end.startIndex {
            let next = end.index(before: start)
            left -= DisplayWidth.of(end[next..<start])
            guard left >= 0 else { break }
            start = next
        }
        return end[start...]
    }

    // MARK: Blocks

    /// Renders the first complete part of the rest; nil if none is complete.
    private mutating func next() -> String? {
        while let line = self.line(at: self.start + self.scanned) {
            if let fence = self.fence { return self.takeCode(line, fence) }
            let markdown = MarkdownLine(line)
            if self.scanned == 0 {
                if markdown.isBlank {
                    self.hasGap = self.hasOutput
                    self.drop(line.count)
                    continue
                }
                if markdown.indent < 4, let fence = markdown.fence {
                    self.fence = fence
                    self.drop(line.count)
                    return self.gap()
                }
                if markdown.indent < 4, markdown.headingLevel != nil {
                    return self.render(line.count, isFollowedByGap: true)
                }
            } else {
                let item = MarkdownLine(self.rest[self.start...])
                let isNext = markdown.indent <= item.indent && item.indent < 4
                if isNext, let sign = markdown.marker?.sign, item.marker?.sign == sign {
                    return self.render(self.scanned)
                }
            }
            self.blocks.append(line)
            self.scanned += line.count
            if self.blocks.stableEnd > 0 { return self.render(self.blocks.stableEnd, isFollowedByGap: true) }
        }
        return nil
    }

    /// The complete line at an offset, with its line feed.
    private func line(at start: Int) -> ArraySlice<UInt8>? {
        self.rest[start...].firstIndex(of: UInt8(ascii: "\n")).map { self.rest[start...$0] }
    }

    private mutating func drop(_ count: Int) {
        self.start += count
        self.scanned = 0
        self.blocks = MarkdownBlocks()
    }

    private mutating func gap() -> String {
        defer {
            self.hasGap = false
            self.hasOutput = true
        }
        return self.hasGap ? "\n" : ""
    }

    private mutating func takeCode(_ line: ArraySlice<UInt8>, _ fence: MarkdownLine.Fence) -> String {
        defer { self.drop(line.count) }
        guard !MarkdownLine(line).closes(fence) else {
            self.fence = nil
            self.hasGap = true
            return ""
        }
        return TerminalMarkdownWriter.codeLine(String(decoding: line.dropLast(), as: UTF8.self)) + "\n"
    }

    private mutating func render(_ count: Int, isFollowedByGap: Bool = false) -> String {
        let part = self.rest[self.start..<self.start + count]
        let isSpaced = isFollowedByGap || part.suffix(2).elementsEqual("\n\n".utf8)
        let lines = TerminalMarkdownWriter.lines(of: String(decoding: part, as: UTF8.self), width: self.width)
        self.drop(count)
        guard !lines.isEmpty else { return "" }
        let gap = self.gap()
        self.hasGap = isSpaced
        return gap + lines.joined(separator: "\n") + "\n"
    }
}
