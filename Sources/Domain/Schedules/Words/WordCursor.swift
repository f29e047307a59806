/// Takes words from the beginning of a text; what is left keeps its form.
struct WordCursor {
    private(set) var rest: Substring

    init(_ text: Substring) { self.rest = text.drop(while: \.isWhitespace) }

    /// The next word; empty at the end.
    var word: Substring { self.rest.prefix { !$0.isWhitespace } }

    var isAtEnd: Bool { self.rest.isEmpty }

    mutating func skip() { self = WordCursor(self.rest.dropFirst(self.word.count)) }

    /// Takes the next word if it is this one.
    mutating func take(_ word: String) -> Bool {
        guard self.word.lowercased() == word else { return false }
        self.skip()
        return true
    }

    /// Takes a text in quotes; nil without quotes, or if they do not close.
    mutating func takeQuoted() -> String? {
        guard let quote = self.rest.first, let closing = Self.quotes[quote],
            let end = self.rest.dropFirst().firstIndex(of: closing)
        else { return nil }
        let text = String(self.rest[self.rest.index(after: self.rest.startIndex)..<end])
        self = WordCursor(self.rest[self.rest.index(after: end)...])
        return text
    }

    /// Takes what follows: a text in quotes, or else a word; nil at the end.
    mutating func takeName() -> String? {
        if let text = self.takeQuoted() { return text }
        let word = String(self.word)
        self.skip()
        return word.isEmpty ? nil : word
    }

    // Phones write curly ones.
    private static let quotes: [Character: Character] = ["\"": "\"", "'": "'", "“": "”", "„": "“", "‘": "’", "`": "`"]
}
