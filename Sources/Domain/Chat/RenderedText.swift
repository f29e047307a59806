/// Markdown in a platform's own markup, with the places where it may be cut.
///
/// One flat buffer: a renderer appends, the composer takes slices, nothing is copied twice.
public struct RenderedText: Sendable, Equatable {
    /// A line of ``bytes``, without its line break.
    public struct Line: Sendable, Equatable {
        /// Where it lies in ``RenderedText/bytes``.
        public var range: Range<Int>
        /// The frame that it stands in: an index into ``RenderedText/frames``, or nil.
        public var frame: Int?
        /// Starts a block (paragraph, item, fence): the better place for a cut.
        public var startsBlock: Bool

        /// Makes a line.
        public init(range: Range<Int>, frame: Int? = nil, startsBlock: Bool = false) {
            self.range = range
            self.frame = frame
            self.startsBlock = startsBlock
        }
    }

    /// What has to be closed at the end of a message and opened again in the next one (a code fence, a `<pre>`).
    public struct Frame: Sendable, Equatable {
        /// Opens it; followed by a line break.
        public var open: [UInt8]
        /// Closes it; preceded by a line break.
        public var close: [UInt8]

        /// Makes a frame.
        public init(open: [UInt8], close: [UInt8]) {
            self.open = open
            self.close = close
        }
    }

    /// The text, UTF-8, lines separated as ``lines`` tells.
    public var bytes: [UInt8]
    /// The lines, in order.
    public var lines: [Line]
    /// The frames that lines stand in.
    public var frames: [Frame]

    /// Makes a text; empty by default.
    public init(bytes: [UInt8] = [], lines: [Line] = [], frames: [Frame] = []) {
        self.bytes = bytes
        self.lines = lines
        self.frames = frames
    }
}

/// Turns Markdown into one platform's markup.
public protocol MessageRenderer: Sendable {
    /// Renders a whole Markdown text. Mentions such as `@channel` are defused, control characters removed. Pure.
    func render(_ markdown: String) -> RenderedText
    /// What a line cut in its middle has to be closed with, and the rest opened with, given the cut line's bytes
    /// before the cut (open formatting codes). Both empty where markup never spans a cut.
    func seam(after bytes: ArraySlice<UInt8>) -> (close: [UInt8], open: [UInt8])
}
