internal import Crypto

/// Finds a pairing code in what a person wrote, however it is spelled, so that no code gets into a transcript or a
/// prompt. Pure.
enum PairingWords {
    /// Words that people write between the command and the code.
    private static let fillers: Set<String> = ["code", "me", "with", "is", "my", "the", "please", "using"]

    /// The code after the word `pair` (`pair CODE`, `Pair: CODE`, `pairing code CODE`), one that is the whole text, or one
    /// after a few other words.
    ///
    /// - Parameter isKnown: whether the writer has a role. Then letters alone, such as `Database` or `next step`, are not
    ///   taken for a code, see ``ambiguousCode(in:)``.
    static func code(in text: String, isKnown: Bool) -> String? {
        let words = Self.words(of: text)
        if let code = Self.codeAfterCommand(words) { return code }
        if let code = Self.wholeCode(words) { return isKnown && Self.isOfLetters(code) ? nil : code }
        return Self.codeAtEnd(words)
    }

    /// A code that is the whole text.
    private static func wholeCode(_ words: [String]) -> String? {
        guard words.count <= 2, let code = Self.code(at: 0, in: words), code.wordCount == words.count else {
            return nil
        }
        return code.text
    }

    /// One code of twelve has no digit, and so does nearly every word.
    private static func isOfLetters(_ code: String) -> Bool { !code.contains(where: \.isNumber) }

    /// The code at the end of a few words (`my code: CODE`, or a mistyped command). Only where it looks like nothing else:
    /// not like `test-case`, a telephone number or a commit.
    private static func codeAtEnd(_ words: [String]) -> String? {
        guard words.count <= 4 else { return nil }
        for start in [words.count - 2, words.count - 1] where start > 0 {
            guard let code = Self.code(at: start, in: words), start + code.wordCount == words.count else { continue }
            let isSpelled = code.text.count > 8 || !code.text.contains(where: \.isLowercase)
            if isSpelled, code.text.contains(where: \.isNumber), code.text.contains(where: \.isLetter) {
                return code.text
            }
        }
        return nil
    }

    /// A whole text that is either words or a code; only the stored codes can tell.
    static func ambiguousCode(in text: String) -> String? {
        guard let code = Self.wholeCode(Self.words(of: text)), Self.isOfLetters(code) else { return nil }
        return code
    }

    private static func codeAfterCommand(_ words: [String]) -> String? {
        guard let first = words.first, first.lowercased().hasPrefix("pair") else { return nil }
        var words = words
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
