/// Finds a token of GitHub that a person sends to sign in, so that it is never stored. Pure.
enum SignInWords {
    /// Stands for what a person wrote after `login`.
    static let hidden = "…"

    private static let prefixes = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"]

    /// The text to use instead of one that begins with `login`, with or without the sign, and may contain a token; nil
    /// for all others. Whatever follows the command is hidden, because only a token could be meant. Without the sign, it
    /// has to look like one.
    static func cleaned(_ text: String, sign: Character) -> String? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let first = words.first, words.count > 1 else { return nil }
        let command = CommandName.login.rawValue
        let isCommand = first.lowercased() == "\(sign)\(command)"
        let bare = first.lowercased().filter(\.isLetter)
        guard isCommand || bare == command && words.dropFirst().contains(where: Self.isToken) else { return nil }
        return "\(sign)\(command) \(Self.hidden)"
    }

    private static func isToken(_ word: Substring) -> Bool {
        let word = word.trimmingPrefix { !$0.isLetter && !$0.isNumber }
        if Self.prefixes.contains(where: { word.hasPrefix($0) && word.utf8.count > $0.utf8.count + 4 }) { return true }
        return word.utf8.count >= 40 && word.prefix(40).allSatisfy(\.isHexDigit)
    }
}
