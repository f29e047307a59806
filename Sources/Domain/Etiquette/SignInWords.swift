internal import Threads

/// Finds a token of GitHub that a person sends to sign in, so that it is never stored. Pure.
package enum SignInWords {
    /// Stands for what a person wrote after `login`.
    static let hidden = "…"

    private static let prefixes = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"]

    /// The text to use instead of one that begins with `login`, with or without the sign, and may contain a token; nil
    /// for all others. Whatever follows the command is hidden, because only a token could be meant. Without the sign, it
    /// has to look like one.
    package static func cleaned(_ text: String, sign: @autoclosure () -> Character) -> String? {
        let start = text.unicodeScalars.drop { $0.isSpace }
        let first = start.prefix { !$0.isSpace }
        let command = CommandName.login.rawValue
        // The texts may be long, and nearly all of them begin with another word.
        let letters = first.lazy.filter { $0.isLetter }.map { $0.isASCII ? $0.value | 0x20 : $0.value }
        guard letters.elementsEqual(command.unicodeScalars.map(\.value)) else { return nil }
        let words = start[first.endIndex...].split(whereSeparator: \.isSpace).map { Substring($0) }
        guard !words.isEmpty else { return nil }
        let sign = sign()
        let isCommand = String(first).lowercased() == "\(sign)\(command)"
        guard isCommand || words.contains(where: Self.isToken) else { return nil }
        return "\(sign)\(command) \(Self.hidden)"
    }

    /// Whether a word says by itself that it is a token.
    static func isMarkedToken(_ word: Substring) -> Bool {
        let word = word.drop { !$0.isLetter && !$0.isNumber }
        return Self.prefixes.contains { word.utf8.starts(with: $0.utf8) && word.utf8.count > $0.utf8.count + 4 }
    }

    static func isToken(_ word: Substring) -> Bool {
        if Self.isMarkedToken(word) { return true }
        let word = word.drop { !$0.isLetter && !$0.isNumber }
        return word.utf8.count >= 40 && word.prefix(40).allSatisfy(\.isHexDigit)
    }
}
