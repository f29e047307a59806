internal import Crypto

/// Hides tokens and pairing codes in what was said beside a question, before the call to the bot is stripped. Pure.
package enum SecretWords {
    /// Words between `pair` or `login` and the secret.
    private static let fillers: Set<String> = ["code", "is", "me", "my", "please", "the", "token", "using", "with"]
    /// The number of leading words that may address the bot; no name has more.
    private static let callLimit = 4

    /// The text to use instead; nil if it has no secret.
    package static func hidden(in text: String, sign: Character) -> String? {
        let words = text.unicodeScalars.split(whereSeparator: \.isSpace).map { Substring($0) }
        var secrets = words.indices.filter { SignInWords.isMarkedToken(words[$0]) }
        for index in words.indices {
            switch self.command(words[index]) {
            case .login? where index < self.callLimit && words[index].first == sign:
                // Only a token could be meant.
                secrets += (index + 1)..<words.count
            case .login?:
                if SignInWords.isToken(self.argument(of: words[index], after: "login")) { secrets.append(index) }
                let next = self.afterFillers(index, words)
                if next < words.count, SignInWords.isToken(words[next]) { secrets.append(next) }
            case .pair?:
                if isCodeLike(self.letters(self.argument(of: words[index], after: "pair"))) { secrets.append(index) }
                secrets += self.code(at: self.afterFillers(index, words), words)
            case nil: break
            }
        }
        // A message that is only a code, perhaps after the call.
        if words.count <= self.callLimit, let code = PairingWords.code(in: text), !code.allSatisfy(\.isHexDigit) {
            for index in words.indices { secrets += self.code(at: index, words) }
            if secrets.isEmpty { return SignInWords.hidden }
        }
        guard !secrets.isEmpty else { return nil }
        return self.text(text, without: Set(secrets).map { words[$0] })
    }

    private enum CommandWord { case login, pair }

    /// What follows a command in the same word: `pair:CODE`, `!pairing:CODE`.
    private static func argument(of word: Substring, after command: String) -> Substring {
        let rest = word.drop { !$0.isLetter }.dropFirst(command.count)
        return (rest.prefix(3).lowercased() == "ing" ? rest.dropFirst(3) : rest).drop { !$0.isLetter && !$0.isNumber }
    }

    /// With a sign, a colon or the bot's name: `/login@jetbot`, `Pair:`.
    private static func command(_ word: Substring) -> CommandWord? {
        guard word.utf8.count <= 300 else { return nil }
        let bare = word.drop { !$0.isLetter }.lowercased()
        if bare.hasPrefix("pair") { return .pair }
        guard bare.hasPrefix("login") else { return nil }
        let next = bare.dropFirst(5).first
        return next.map { $0.isLetter || $0.isNumber } == true ? nil : .login
    }

    private static func afterFillers(_ index: Int, _ words: [Substring]) -> Int {
        var next = index + 1
        while next < words.count, self.fillers.contains(self.letters(words[next]).lowercased()) { next += 1 }
        return next
    }

    /// The places of a code that begins with the word at `index`, perhaps as two words of four.
    private static func code(at index: Int, _ words: [Substring]) -> [Int] {
        guard index < words.count else { return [] }
        let first = self.letters(words[index])
        if isCodeLike(first) { return [index] }
        guard index + 1 < words.count, first.utf8.count == 4, isCodeLike(first + self.letters(words[index + 1])) else {
            return []
        }
        return [index, index + 1]
    }

    /// Empty for what is too long to be a code.
    private static func letters(_ word: Substring) -> String {
        word.utf8.count <= 40 ? word.filter { $0.isLetter || $0.isNumber } : ""
    }

    private static func text(_ text: String, without words: [Substring]) -> String {
        var result = ""
        var end = text.startIndex
        for word in words.sorted(by: { $0.startIndex < $1.startIndex }) {
            result += text[end..<word.startIndex] + SignInWords.hidden
            end = word.endIndex
        }
        return result + text[end...]
    }
}
