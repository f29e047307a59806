/// Markdown in a platform's own markup, with the places where it may be cut.
///
/// One flat buffer: a renderer appends, the composer takes slices, nothing is copied twice.
package struct RenderedText: Sendable, Equatable {
    /// A line of ``bytes``, without its line break.
    package struct Line: Sendable, Equatable {
        /// The line's range in ``RenderedText/bytes``.
        package var range: Range<Int>
        /// An index into ``RenderedText/frames``; nil outside of frames.
        package var frame: Int?
        /// Starts a block (paragraph, item, fence): a better place for a cut.
        package var startsBlock: Bool

        package init(range: Range<Int>, frame: Int? = nil, startsBlock: Bool = false) {
            self.range = range
            self.frame = frame
            self.startsBlock = startsBlock
        }
    }

    /// Markup to be closed at the end of a message and reopened in the next one (a code fence, a `<pre>`).
    package struct Frame: Sendable, Equatable {
        /// Opens it; followed by a line break.
        package var open: [UInt8]
        /// Closes it; preceded by a line break.
        package var close: [UInt8]

        package init(open: [UInt8], close: [UInt8]) {
            self.open = open
            self.close = close
        }
    }

    /// Markup within a line that is not cut. What it opens is closed where the line is cut, and reopened in the rest.
    package struct Mark: Sendable, Equatable {
        enum Kind: Sendable { case opening, closing, single }

        let kind: Kind
        /// Its range in ``RenderedText/bytes``.
        package let range: Range<Int>
        /// The range of what closes it.
        package fileprivate(set) var closing: Range<Int>

        /// Makes of what was open before it what is open behind it.
        package func apply(to open: inout [Mark]) {
            switch self.kind {
            case .opening: open.append(self)
            case .closing: _ = open.popLast()
            case .single: break
            }
        }
    }

    /// UTF-8, separated into lines by ``lines``.
    package var bytes: [UInt8]
    package var lines: [Line]
    package var frames: [Frame]
    /// In order.
    package private(set) var marks: [Mark] = []
    /// The indices of the marks that are open.
    private var open: [Int] = []
    /// Closes all that is open at a cut, where one code does.
    package var reset: [UInt8]?
    /// Whether `&lt;` and its like are characters, which are not cut.
    package var hasReferences = false

    package init(bytes: [UInt8] = [], lines: [Line] = [], frames: [Frame] = []) {
        self.bytes = bytes
        self.lines = lines
        self.frames = frames
    }

    /// Appends markup that opens something.
    package mutating func open(_ write: (inout [UInt8]) -> Void) {
        self.open.append(self.marks.count)
        self.mark(.opening, write)
    }

    /// Appends markup that closes what was opened last.
    package mutating func close(_ write: (inout [UInt8]) -> Void) {
        self.mark(.closing, write)
        if let opening = self.open.popLast() { self.marks[opening].closing = self.marks[self.marks.count - 1].range }
    }

    /// Forgets the marks from `start` on, unless something is open: those of a line that is too short to be cut.
    package mutating func forgetMarks(from start: Int) {
        guard self.open.isEmpty else { return }
        while let last = self.marks.last, last.range.lowerBound >= start { self.marks.removeLast() }
    }

    /// Appends markup that opens and closes nothing.
    package mutating func mark(_ write: (inout [UInt8]) -> Void) { self.mark(.single, write) }

    package mutating func open(_ markup: [UInt8]) { self.open { $0 += markup } }

    package mutating func close(_ markup: [UInt8]) { self.close { $0 += markup } }

    private mutating func mark(_ kind: Mark.Kind, _ write: (inout [UInt8]) -> Void) {
        let start = self.bytes.count
        write(&self.bytes)
        self.marks.append(Mark(kind: kind, range: start..<self.bytes.count, closing: start..<start))
    }
}

/// Turns Markdown into one platform's markup.
package protocol MessageRenderer: Sendable {
    /// Renders a whole Markdown text, with mentions such as `@channel` defused and control characters removed. Pure.
    func render(_ markdown: String) -> RenderedText
}
