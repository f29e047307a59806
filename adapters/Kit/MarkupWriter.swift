package import Chat
package import Markdown
internal import Primitives

/// Writes the lines of a network's markup.
package struct MarkupWriter {
    package var text = RenderedText()
    package var margins: [Margin] = []
    package var frame: Int?
    /// The next line starts a block.
    package var startsBlock = true
    /// Those that are open in the line.
    package private(set) var styles = StyledLines.Styles()
    private var lineStart: Int?

    private let marks: StyleMarks

    /// - Parameter capacity: the size of the text.
    package init(_ marks: StyleMarks, capacity: Int) {
        self.marks = marks
        self.text.bytes.reserveCapacity(capacity + capacity / 4)
    }

    package var isInLine: Bool { self.lineStart != nil }

    /// Begins a line inside the margins, unless one is begun.
    package mutating func beginLine() {
        guard self.lineStart == nil else { return }
        self.lineStart = self.start()
        self.margins.write(to: &self.text.bytes)
    }

    /// Ends the line, if one is begun.
    package mutating func endLine() {
        guard let start = self.lineStart.take() else { return }
        self.end(from: start)
    }

    /// Writes a whole line, without margins.
    package mutating func line(_ bytes: ArraySlice<UInt8>) {
        let start = self.start()
        self.text.bytes += bytes
        self.end(from: start)
    }

    /// Removes spaces at the end of the line.
    package mutating func trimLine() {
        while let start = self.lineStart, self.text.bytes.count > start, self.text.bytes.last == 0x20 {
            self.text.bytes.removeLast()
        }
    }

    private mutating func start() -> Int {
        if !self.text.lines.isEmpty { self.text.bytes.append(0x0A) }
        return self.text.bytes.count
    }

    /// In bytes. Lines up to this length are never cut, so their marks are not kept: in a million short lines, the marks
    /// would take more memory than everything else.
    private static let shortLine = 16

    private mutating func end(from start: Int) {
        if self.text.bytes.count - start <= Self.shortLine { self.text.forgetMarks(from: start) }
        self.text.lines.append(
            .init(range: start..<self.text.bytes.count, frame: self.frame, startsBlock: self.startsBlock))
        self.startsBlock = false
    }

    /// Closes the styles that end and opens those that begin before text in `styles`.
    package mutating func set(_ styles: StyledLines.Styles) {
        guard styles != self.styles else { return }
        let shared = self.styles.shared(with: styles)
        for index in (shared..<self.styles.count).reversed() {
            if let style = self.styles[index] { self.text.close(self.marks[style].closing) }
        }
        for index in shared..<styles.count {
            if let style = styles[index] { self.text.open(self.marks[style].opening) }
        }
        self.styles = styles
    }

    /// The index of a frame, which is the same as that of an earlier one with the same markup.
    package mutating func place(of frame: RenderedText.Frame) -> Int {
        if let index = self.text.frames.suffix(32).lastIndex(of: frame) { return index }
        self.text.frames.append(frame)
        return self.text.frames.count - 1
    }
}

/// What opens and closes each style.
package struct StyleMarks: Sendable {
    package typealias Mark = (opening: [UInt8], closing: [UInt8])
    private let (italic, bold, struck): (Mark, Mark, Mark)

    package init(italic: (String, String), bold: (String, String), struck: (String, String)) {
        self.italic = (Array(italic.0.utf8), Array(italic.1.utf8))
        self.bold = (Array(bold.0.utf8), Array(bold.1.utf8))
        self.struck = (Array(struck.0.utf8), Array(struck.1.utf8))
    }

    subscript(style: StyledLines.Style) -> Mark {
        switch style {
        case .italic: self.italic
        case .bold: self.bold
        case .struck: self.struck
        }
    }
}
