internal import Kit

/// Slack's own markup in angle brackets that mentions someone or shows a date. It is live in Markdown too, even in code.
/// Everything else that begins with `<!`, `<@` or `<#` is text, such as `<!DOCTYPE html>` and `<#if>`.
enum SlackToken {
    /// U+200B, invisible: after `<` it keeps a token from being one.
    static let gap: [UInt8] = [0xE2, 0x80, 0x8B]
    /// No token needs more bytes to be recognised.
    static let lookahead = 32
    private static let words: [[UInt8]] = ["here", "channel", "everyone", "group"].map { Array($0.utf8) }
    private static let prefixes: [[UInt8]] = ["subteam^", "date^"].map { Array($0.utf8) }

    /// Whether `rest`, the text after a `<`, begins a token. It may end early, so that the rest of a token follows.
    static func begins(_ rest: some Sequence<UInt8>) -> Bool {
        let bytes = Array(rest.prefix(Self.lookahead))
        guard let sign = bytes.first else { return false }
        let name = bytes.dropFirst()
        switch sign {
        case UInt8(ascii: "@"): return Self.isIdentifier(name, of: Array("UWB".utf8))
        case UInt8(ascii: "#"): return Self.isIdentifier(name, of: Array("CGD".utf8))
        case UInt8(ascii: "!"):
            if Self.prefixes.contains(where: { Self.hasPrefix(name, $0) || Self.hasPrefix($0[...], name) }) {
                return true
            }
            return Self.words.contains { word in
                Self.hasPrefix(name, word) && name.dropFirst(word.count).first?.isWordByte != true
                    || Self.hasPrefix(word[...], name)
            }
        default: return false
        }
    }

    /// An id: `U1`, of capital letters and digits.
    private static func isIdentifier(_ name: ArraySlice<UInt8>, of kinds: [UInt8]) -> Bool {
        guard let kind = name.first else { return true }
        guard kinds.contains(kind) else { return false }
        let id = name.dropFirst().prefix { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
        guard let end = name.dropFirst(id.count + 1).first else { return true }
        return !id.isEmpty && (end == UInt8(ascii: ">") || end == UInt8(ascii: "|"))
    }

    private static func hasPrefix(_ name: ArraySlice<UInt8>, _ word: some Collection<UInt8>) -> Bool {
        name.count >= word.count && zip(name, word).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }

    /// Whether a text has a token that a gap breaks.
    static func isBroken(in text: String) -> Bool { text.contains("<\u{200B}") }

    /// The text with its tokens whole, for places where Slack recognises none.
    static func restored(_ text: String) -> String {
        guard Self.isBroken(in: text) else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            result.append(bytes[index])
            index += 1
            let isGap = result.last == UInt8(ascii: "<") && bytes[index...].starts(with: Self.gap)
            if isGap, Self.begins(bytes[(index + Self.gap.count)...]) { index += Self.gap.count }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
