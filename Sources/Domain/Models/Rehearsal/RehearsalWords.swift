/// A text as the rehearsal sees it: its words, and the few requests that it understands.
struct RehearsalWords {
    /// Lower case, in order.
    private let words: [String]
    private let text: String

    init(_ text: String) {
        self.text = text
        self.words = text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "'" }.map(String.init)
    }

    var count: Int { self.words.count }

    var isQuestion: Bool { self.text.contains("?") || Self.questionWords.contains(self.words.first ?? "") }

    func contains(anyOf wanted: some Sequence<String>) -> Bool { !Set(wanted).isDisjoint(with: self.words) }

    /// The meaningful words, each once, in order.
    var topics: [String] {
        var seen: Set<String> = []
        return self.words.filter {
            $0.count > 2 && !Self.commonWords.contains($0) && $0.contains(where: \.isLetter) && seen.insert($0).inserted
        }
    }

    /// The requested length in characters: `6,000 characters`, `6k chars`, `300 words`.
    var wantedLength: Int? {
        let fields = self.text.lowercased().split { $0.isWhitespace || $0 == "-" }
        for (number, unit) in zip(fields, fields.dropFirst()) {
            guard let count = Self.number(number) else { continue }
            if unit.hasPrefix("char") || unit.hasPrefix("letter") { return min(count, Self.longest) }
            if unit.hasPrefix("word") { return min(count * 6, Self.longest) }
        }
        return nil
    }

    /// `count to 50`.
    var countTo: Int? {
        guard let place = self.words.firstIndex(of: "count") else { return nil }
        return self.words[place...].lazy.compactMap { Int($0) }.first.map { min(max($0, 1), 1000) }
    }

    /// The first of these in the text.
    func first(of wanted: [String]) -> String? { self.words.first { wanted.contains($0) } }

    private static let longest = 100_000
    private static let questionWords = RehearsalList.words("questions")
    private static let commonWords = RehearsalList.words("common")

    private static func number(_ field: Substring) -> Int? {
        let digits = field.filter { $0 != "," && $0 != "." && $0 != "_" }
        let isThousands = digits.hasSuffix("k")
        return Int(isThousands ? String(digits.dropLast()) : digits).flatMap {
            $0 > 0 && $0 <= self.longest ? $0 * (isThousands ? 1000 : 1) : nil
        }
    }
}

extension StringProtocol {
    /// On one line, with single blanks.
    var rehearsedLine: String { self.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    /// With a capital at the beginning.
    var rehearsedName: String { self.prefix(1).uppercased() + self.dropFirst() }

    /// Cut after some characters, with a mark.
    func rehearsedStart(_ most: Int) -> String { self.count > most ? self.prefix(most) + "…" : String(self) }
}
