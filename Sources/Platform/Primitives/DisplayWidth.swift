internal import CSystem

/// Widths in a monospaced font, in columns.
package enum DisplayWidth {
    /// Two for East Asian scripts and emoji, none for control characters and joined marks.
    package static func of(_ text: some StringProtocol) -> Int {
        // ASCII first: the common case.
        if text.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) { return text.utf8.count }
        return text.reduce(0) { $0 + self.of($1) }
    }

    /// The width of UTF-8 text.
    package static func of(_ bytes: some Sequence<UInt8>) -> Int {
        self.of(String(decoding: Array(bytes), as: UTF8.self))
    }

    private static func of(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        // Emoji, also when joined from several or drawn as one by a variation selector.
        if first.properties.isEmojiPresentation || character.unicodeScalars.contains("\u{FE0F}") { return 2 }
        return max(0, Int(csystem_width(first.value)))
    }
}
