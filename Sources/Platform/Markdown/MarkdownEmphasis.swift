internal import CMarkGFM

/// Emphasis and strikethrough beside Chinese, Japanese and Korean text, by the amendment that is proposed for CommonMark
/// (github.com/tats-u/markdown-cjk-friendly).
///
/// These languages put no spaces around words. By CommonMark's rules, signs between punctuation and a letter cannot close
/// (`强调。**后面`) or open (`前面**“强调”`). The amendment treats punctuation of these languages as letters, and
/// lets any of their characters stand beside other punctuation as a space does. It changes nothing for underscores.
enum MarkdownEmphasis {
    /// Whether the amendment may count: a sign stands beside a character beyond U+0FFF.
    static func mayApply(to text: Span<UInt8>) -> Bool {
        var last: UInt8 = 0
        for index in text.indices {
            let byte = text[index]
            if last >= 0x80 ? self.isSign(byte) : byte >= 0xE1 && self.isSign(last) { return true }
            last = byte
        }
        return false
    }

    /// The library calls it at each character that is not its own, and `firstBytes` make it stop at these.
    // Made once for the process; parsers only read it.
    @unsafe static nonisolated(unsafe) let syntax: OpaquePointer? = {
        let syntax = unsafe cmark_syntax_extension_new("cjk")
        var characters: UnsafeMutablePointer<cmark_llist>?
        for byte in Self.firstBytes {
            unsafe characters = cmark_llist_append(
                cmark_get_default_mem_allocator(), characters, UnsafeMutableRawPointer(bitPattern: UInt(byte)))
        }
        unsafe cmark_syntax_extension_set_special_inline_chars(syntax, characters)
        unsafe cmark_syntax_extension_set_match_inline_func(syntax) { _, parser, parent, byte, place in
            guard MarkdownEmphasis.firstBytes.contains(byte), let parser = unsafe parser, let place = unsafe place,
                let parent = unsafe parent, let chunk = unsafe cmark_inline_parser_get_chunk(place)
            else { return nil }
            return unsafe MarkdownEmphasis.read(chunk.pointee, place, in: parent, parser)
        }
        return unsafe syntax
    }()

    /// First bytes of the characters of these languages and of their variation selectors.
    private static let firstBytes: ClosedRange<UInt8> = 0xE1...0xF3

    private static func isSign(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "*") || byte == UInt8(ascii: "~") }

    /// Reads a piece of text outside ASCII, and the signs after it.
    private static func read(
        _ chunk: cmark_chunk, _ place: OpaquePointer, in parent: UnsafeMutablePointer<cmark_node>,
        _ parser: UnsafeMutablePointer<cmark_parser>
    ) -> UnsafeMutablePointer<cmark_node>? {
        let text = unsafe UnsafeBufferPointer(start: chunk.data, count: Int(chunk.len)).span
        let start = unsafe Int(cmark_inline_parser_get_offset(place))
        if let before = unsafe cmark_inline_parser_get_last_delimiter(place),
            unsafe before.pointee.inl_text == parent.pointee.last_child,
            unsafe Self.isSign(before.pointee.delim_char)
        {
            // The library read these signs by its own rule.
            let run = unsafe Run(start - Int(before.pointee.length)..<start, of: text)
            unsafe before.pointee.can_open = run.isLeftFlanking ? 1 : 0
            unsafe before.pointee.can_close = run.isRightFlanking ? 1 : 0
        }
        var end = start
        while end < text.count, text[end] >= 0x80 { end += 1 }
        let node = unsafe Self.node(start..<end, of: chunk, parser)
        unsafe cmark_inline_parser_set_offset(place, Int32(end))
        var last = end
        while last < text.count, Self.isSign(text[end]), text[last] == text[end] { last += 1 }
        let run = Run(end..<last, of: text)
        guard last > end, text[end] == UInt8(ascii: "*") || last - end == 2,
            run.isLeftFlanking || run.isRightFlanking
        else { return unsafe node }
        unsafe cmark_node_append_child(parent, node)
        let signs = unsafe Self.node(end..<last, of: chunk, parser)
        unsafe cmark_inline_parser_set_offset(place, Int32(last))
        unsafe cmark_inline_parser_push_delimiter(
            place, text[end], run.isLeftFlanking ? 1 : 0, run.isRightFlanking ? 1 : 0, signs)
        return unsafe signs
    }

    /// Text in place, as the library's own pieces of it.
    private static func node(
        _ range: Range<Int>, of chunk: cmark_chunk, _ parser: UnsafeMutablePointer<cmark_parser>
    ) -> UnsafeMutablePointer<cmark_node>? {
        let node = unsafe cmark_node_new_with_mem(CMARK_NODE_TEXT, parser.pointee.mem)
        unsafe node?.pointee.as.literal = cmark_chunk(
            data: chunk.data + range.lowerBound, len: Int32(range.count), alloc: 0)
        return unsafe node
    }
}

extension MarkdownEmphasis {
    /// A row of equal signs, and whether it may open (left-flanking) or close (right-flanking).
    private struct Run {
        let isLeftFlanking: Bool
        let isRightFlanking: Bool

        init(_ range: Range<Int>, of text: Span<UInt8>) {
            let before = Neighbour(before: range.lowerBound, in: text)
            let after = Neighbour(after: range.upperBound, in: text)
            self.isLeftFlanking = after != .space && (after != .punctuation || before != .letter)
            self.isRightFlanking = before != .space && (before != .punctuation || after != .letter)
        }
    }

    /// What counts of the character beside a row of signs.
    private enum Neighbour {
        case space, punctuation, wide, letter

        init(before end: Int, in text: Span<UInt8>) {
            guard let last = Self.scalar(before: end, in: text) else {
                self = .space
                return
            }
            switch last.value {
            case 0xE0100...0xE01EF: self = .wide
            case 0xFE00...0xFE0E:
                // It selects a form of the character before it.
                let base = Self.scalar(before: end - 3, in: text)?.value ?? 0
                let isQuote = [0x2018, 0x2019, 0x201C, 0x201D].contains(base)
                self = isQuote && last.value == 0xFE01 ? .wide : Self(base)
            default: self = Self(last.value)
            }
        }

        init(after start: Int, in text: Span<UInt8>) {
            self = start < text.count ? Self(Self.scalar(at: start, in: text)) : .space
        }

        private init(_ scalar: UInt32) {
            if cmark_utf8proc_is_space(Int32(scalar)) != 0 {
                self = .space
            } else if MarkdownEmphasis.isWide(scalar) {
                self = .wide
            } else {
                self = cmark_utf8proc_is_punctuation(Int32(scalar)) != 0 ? .punctuation : .letter
            }
        }

        private static func scalar(before end: Int, in text: Span<UInt8>) -> (value: UInt32, Void)? {
            var start = end - 1
            while start > 0, start > end - 4, text[start] & 0xC0 == 0x80 { start -= 1 }
            return start < 0 ? nil : (Self.scalar(at: start, in: text), ())
        }

        private static func scalar(at start: Int, in text: Span<UInt8>) -> UInt32 {
            var scalar: Int32 = 0
            let rest = text.extracting(start..<min(start + 4, text.count))
            let length = unsafe rest.withUnsafeBufferPointer {
                unsafe cmark_utf8proc_iterate($0.baseAddress, Int32($0.count), &scalar)
            }
            return length > 0 ? UInt32(bitPattern: scalar) : 0xFFFD
        }
    }

    /// Whether a character is East Asian wide, full-width or half-width and no emoji by default, or is Hangul (Unicode's
    /// EastAsianWidth.txt, emoji-data.txt and Scripts.txt).
    private static func isWide(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x1100...0x11FF, 0x20A9, 0x2329...0x232A, 0x2630...0x2637, 0x268A...0x268F, 0x2E80...0x303E,
            0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7FF, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
            0xFF01...0xFFEE, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1D300...0x1D37F, 0x20000...0x3FFFD:
            true
        // The others of this block are emoji.
        case 0x1F200, 0x1F202, 0x1F210...0x1F219, 0x1F21B...0x1F22E, 0x1F230...0x1F231, 0x1F237, 0x1F23B,
            0x1F240...0x1F248, 0x1F260...0x1F265:
            true
        default: false
        }
    }
}
