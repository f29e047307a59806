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

    /// UTF-8, separated into lines by ``lines``.
    package var bytes: [UInt8]
    package var lines: [Line]
    package var frames: [Frame]

    package init(bytes: [UInt8] = [], lines: [Line] = [], frames: [Frame] = []) {
        self.bytes = bytes
        self.lines = lines
        self.frames = frames
    }
}

/// Turns Markdown into one platform's markup.
package protocol MessageRenderer: Sendable {
    /// Renders a whole Markdown text, with mentions such as `@channel` defused and control characters removed. Pure.
    func render(_ markdown: String) -> RenderedText
    /// The bytes that close a line cut after `bytes`, and those that reopen its rest (formatting codes). Both empty
    /// where markup never spans a cut.
    func seam(after bytes: ArraySlice<UInt8>) -> (close: [UInt8], open: [UInt8])
}
