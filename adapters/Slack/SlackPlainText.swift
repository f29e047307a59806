/// Escapes plain text so that Markdown shows it unchanged and it pings no one.
enum SlackPlainText {
    private static let backslash = UInt8(ascii: "\\")
    private static let groups: [[UInt8]] = ["here", "channel", "everyone", "group"].map { Array($0.utf8) }

    /// Appends `text`; the end of `output` counts as the text before it.
    static func append(
        _ text: [UInt8], to output: inout [UInt8], atLineStart: Bool, isBeforeMark: Bool, isInCell: Bool, isInLink: Bool
    ) {
        let end = isBeforeMark ? UInt8(ascii: "*") : nil
        let escape = atLineStart ? self.lineStartEscape(text) : nil
        for index in text.indices {
            if index == escape { output.append(Self.backslash) }
            let byte = text[index]
            let next = index + 1 < text.count ? text[index + 1] : end
            let before = index > 0 ? text[index - 1] : output.last
            switch byte {
            case UInt8(ascii: "<"):
                let isToken = SlackToken.begins(text[(index + 1)...].prefix(SlackToken.lookahead))
                self.appendLess(index + 1 < text.count ? next : nil, isToken: isToken, to: &output)
            case UInt8(ascii: "@"), UInt8(ascii: "#"), UInt8(ascii: "!"):
                // The `<` may have been the end of the text before this piece.
                if index == 0, before == UInt8(ascii: "<"), SlackToken.begins(text.prefix(SlackToken.lookahead)) {
                    output += SlackToken.gap
                }
                output.append(byte)
                if byte == UInt8(ascii: "@"), !isInLink, before != UInt8(ascii: "/"), !self.isWord(before),
                    before != UInt8(ascii: "<"),
                    index + 1 == text.count || Self.groups.contains(where: { self.hasWord($0, in: text, after: index) })
                {
                    output += SlackToken.gap
                }
            case UInt8(ascii: "&"):
                if self.isEntity(text[(index + 1)...]) { output += Array("&amp;".utf8) } else { output.append(byte) }
            case UInt8(ascii: "`"): output += [Self.backslash, byte]
            case UInt8(ascii: "*"):
                if !self.isBlank(before) || !self.isBlank(next) { output.append(Self.backslash) }
                output.append(byte)
            case UInt8(ascii: "_"):
                if !self.isWord(before) || !self.isWord(next), !self.isBlank(before) || !self.isBlank(next) {
                    output.append(Self.backslash)
                }
                output.append(byte)
            case UInt8(ascii: "~"):
                if before == byte || next == byte { output.append(Self.backslash) }
                output.append(byte)
            case Self.backslash:
                output.append(byte)
                if next == nil || next.map(self.isPunctuation) == true { output.append(byte) }
            case UInt8(ascii: "["), UInt8(ascii: "]"):
                if isInLink || next == UInt8(ascii: "(") || next == UInt8(ascii: "[") { output.append(Self.backslash) }
                output.append(byte)
            case UInt8(ascii: "("):
                if before == UInt8(ascii: "]"), index == 0 { output.append(Self.backslash) }
                output.append(byte)
            case UInt8(ascii: "|"):
                if isInCell { output.append(Self.backslash) }
                output.append(byte)
            case 0x09, 0x0A, 0x0D: output.append(0x20)
            case 0x00..<0x20, 0x7F: continue
            default: output.append(byte)
            }
        }
    }

    /// Before a letter, a slash or an exclamation mark, `<` could begin a tag or an address. A token is broken instead,
    /// because it may be live after Slack has decoded `&lt;`.
    private static func appendLess(_ next: UInt8?, isToken: Bool, to output: inout [UInt8]) {
        if isToken {
            output += [UInt8(ascii: "<")] + SlackToken.gap
            return
        }
        switch next {
        case nil, 0x20, UInt8(ascii: "@"), UInt8(ascii: "#"), UInt8(ascii: "="), UInt8(ascii: "-"):
            output.append(UInt8(ascii: "<"))
        default: output += Array("&lt;".utf8)
        }
    }

    /// Where a backslash keeps the start of a line from becoming a heading, quote, item, rule, fence or table.
    private static func lineStartEscape(_ text: [UInt8]) -> Int? {
        guard let first = text.first else { return nil }
        switch first {
        case UInt8(ascii: "#"):
            let rest = text.drop { $0 == first }
            return rest.isEmpty || rest.first == 0x20 ? 0 : nil
        case UInt8(ascii: ">"): return 0
        case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "="):
            let rest = text.drop { $0 == first }
            if text.count > 1, text[1] == 0x20 { return 0 }
            return rest.allSatisfy { $0 == 0x20 || $0 == first } ? 0 : nil
        case UInt8(ascii: "|"), UInt8(ascii: ":"):
            return text.allSatisfy { [0x20, UInt8(ascii: "|"), UInt8(ascii: "-"), UInt8(ascii: ":")].contains($0) }
                ? 0 : nil
        case 0x30...0x39:
            let digits = text.prefix { (0x30...0x39).contains($0) }
            let rest = text[digits.endIndex...]
            guard digits.count <= 9, let mark = rest.first, mark == UInt8(ascii: ".") || mark == UInt8(ascii: ")"),
                rest.count == 1 || rest[rest.startIndex + 1] == 0x20
            else { return nil }
            return digits.endIndex
        default: return nil
        }
    }

    private static func hasWord(_ word: [UInt8], in text: [UInt8], after index: Int) -> Bool {
        let start = index + 1
        guard text.count >= start + word.count else { return false }
        for offset in word.indices where text[start + offset] | 0x20 != word[offset] { return false }
        let next = start + word.count < text.count ? text[start + word.count] : nil
        // `@here/name` is a package.
        return !self.isWord(next) && next != UInt8(ascii: "/")
    }

    private static func isEntity(_ rest: ArraySlice<UInt8>) -> Bool {
        let name = rest.prefix(32).prefix { self.isWord($0) || $0 == UInt8(ascii: "#") }
        return !name.isEmpty && name.endIndex < rest.endIndex && rest[name.endIndex] == UInt8(ascii: ";")
    }

    private static func isBlank(_ byte: UInt8?) -> Bool { byte.map { $0 == 0x20 || $0 == 0x0A } ?? true }

    private static func isWord(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || byte >= 0x80
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        (0x21...0x2F).contains(byte) || (0x3A...0x40).contains(byte) || (0x5B...0x60).contains(byte)
            || (0x7B...0x7E).contains(byte)
    }
}
