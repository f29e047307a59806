internal import Crypto

/// Finds a pairing code in what a person wrote, however it is spelled. Pure.
package enum PairingWords {
    /// Words that people write between the command and the code.
    private static let fillers: Set<String> = ["code", "me", "with", "is", "my", "the", "please", "using"]

    /// The code in what somebody without access wrote, who may not know the command: one after `pair`, one that is the whole
    /// text, or one after a few other words.
    package static func code(in text: String) -> String? {
        if let code = Self.codeAfterPair(in: text) { return code }
        let words = Self.words(of: text)
        guard words.count <= 4 else { return nil }
        for start in [words.count - 2, words.count - 1] where start >= 0 {
            guard let code = Self.code(at: start, in: words), start + code.wordCount == words.count else { continue }
            // After other words it must not look like a commit.
            if start == 0 || code.text.count > 8 || !code.text.contains(where: \.isLowercase) { return code.text }
        }
        return nil
    }

    /// The code after the word `pair` (`pair CODE`, `Pair: CODE`, `pairing code CODE`).
    package static func codeAfterPair(in text: String) -> String? {
        // Nearly all messages begin with another letter.
        guard let letter = text.unicodeScalars.first(where: { $0.isLetter || $0.isNumber }),
            letter == "p" || letter == "P"
        else { return nil }
        var words = Self.words(of: text)
        guard let first = words.first, first.lowercased().hasPrefix("pair") else { return nil }
        // `pairCODE`, `pair:CODE`
        var rest = first.dropFirst(4)
        if rest.lowercased().hasPrefix("ing") { rest = rest.dropFirst(3) }
        rest = rest.drop { !$0.isLetter && !$0.isNumber }
        words[0] = String(rest)
        if rest.isEmpty { words.removeFirst() }
        while let word = words.first, Self.fillers.contains(word.lowercased().filter(\.isLetter)) {
            words.removeFirst()
        }
        return Self.code(at: 0, in: words)?.text
    }

    /// The code in a text that is only `link CODE`; empty for `link` alone.
    package static func codeAfterLink(in text: String) -> String? {
        let words = Self.words(of: text)
        guard words.first?.lowercased() == "link" else { return nil }
        if words.count == 1 { return text.utf8.count == 4 ? "" : nil }
        return Self.code(at: 1, in: words).flatMap { $0.wordCount == words.count - 1 ? $0.text : nil }
    }

    /// Whom `pair --for PERSON` adds a browser to; empty for whoever writes it. Phones write a dash in place of two hyphens.
    package static func person(in argument: String) -> String? {
        guard argument.utf8.count <= 400 else { return nil }
        let words = argument.split(whereSeparator: \.isWhitespace)
        guard let first = words.first?.lowercased(), ["--for", "—for", "–for"].contains(first) else { return nil }
        return words.dropFirst().joined(separator: " ")
    }

    /// A code that begins with the word at `index`, perhaps as two words of four.
    private static func code(at index: Int, in words: [String]) -> (text: String, wordCount: Int)? {
        guard index < words.count else { return nil }
        if Crypto.isCodeLike(words[index]) { return (words[index], 1) }
        guard index + 1 < words.count, words[index].count == 4, words[index + 1].count == 4 else { return nil }
        let pair = words[index] + "-" + words[index + 1]
        return Crypto.isCodeLike(pair) ? (pair, 2) : nil
    }

    /// The text's words without quotation marks, signs and the like around them. Codes are short, so long texts have
    /// none.
    private static func words(of text: String) -> [String] {
        guard text.utf8.count <= 200 else { return [] }
        return text.unicodeScalars.split(whereSeparator: \.isSpace).compactMap(Self.bare)
    }

    private static func bare(_ word: Substring.UnicodeScalarView) -> String? {
        guard let first = word.firstIndex(where: { $0.isLetter || $0.isNumber }),
            let last = word.lastIndex(where: { $0.isLetter || $0.isNumber })
        else { return nil }
        return String(word[first...last])
    }
}
