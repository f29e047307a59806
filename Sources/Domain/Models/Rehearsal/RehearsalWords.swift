/// A text as the rehearsal sees it: its words, and the few requests that it understands.
struct RehearsalWords {
    /// Lower case, in order.
    private let words: [String]
    private let text: String

    init(_ text: String) {
        self.text = text
        self.words = text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "'" }).map(
            String.init)
    }

    var count: Int { self.words.count }

    var isQuestion: Bool {
        self.text.contains("?") || Self.questionWords.contains(self.words.first ?? "")
    }

    func contains(_ word: String) -> Bool { self.words.contains(word) }

    func contains(anyOf wanted: [String]) -> Bool { self.words.contains { wanted.contains($0) } }

    /// The meaningful words, each once, in order.
    var topics: [String] {
        var seen: Set<String> = []
        return self.words.filter {
            $0.count > 2 && !Self.commonWords.contains($0) && $0.contains(where: \.isLetter) && seen.insert($0).inserted
        }
    }

    /// The requested length in characters: `6,000 characters`, `6k chars`, `300 words`.
    var wantedLength: Int? {
        let fields = self.text.lowercased().split(whereSeparator: { $0.isWhitespace || $0 == "-" })
        for (number, unit) in zip(fields, fields.dropFirst()) {
            guard let count = Self.number(number) else { continue }
            if unit.hasPrefix("char") || unit.hasPrefix("letter") {
                return min(max(count, 1), Self.longest)
            }
            if unit.hasPrefix("word") { return min(max(count * 6, 1), Self.longest) }
        }
        return nil
    }

    /// `count to 50`.
    var countTo: Int? {
        guard let place = self.words.firstIndex(of: "count") else { return nil }
        return self.words[place...].lazy.compactMap { Int($0) }.first.map { min(max($0, 1), 1000) }
    }

    /// The first programming language in the text, as the info string of a fence.
    var language: String {
        self.words.first { Self.languages.contains($0) } ?? "swift"
    }

    private static let longest = 100_000

    private static func number(_ field: Substring) -> Int? {
        var digits = field.filter { $0 != "," && $0 != "." && $0 != "_" }
        var factor = 1
        if digits.hasSuffix("k") {
            digits.removeLast()
            factor = 1000
        }
        return Int(digits).flatMap { $0 > 0 && $0 <= self.longest ? $0 * factor : nil }
    }

    private static let languages: Set<String> = [
        "swift", "python", "javascript", "typescript", "c", "go", "rust", "bash",
    ]

    private static let questionWords: Set<String> = [
        "what", "why", "how", "who", "when", "where", "which", "can", "could", "is", "are", "do", "does", "should",
    ]

    static let commonWords: Set<String> = Set(
        """
        a about after all also an and answer any are as ask at be because been before but by can code could count did do \
        does don't each every first for from get give has have he her him his how i if in into is it its just know let \
        like list long make many markdown may me more most must my need needs new no not now of on one only or other our \
        out please said say script see she should show so some steps table tell than that the their them then there \
        these they this those to too up use using very want wants was we were what when where which while who why will \
        with words would write you your character characters chars letters function program snippet emoji unicode \
        rehearse explain makes made earlier remember history heading headings formatting whenever whether
        """.split(whereSeparator: \.isWhitespace).map(String.init))
}
