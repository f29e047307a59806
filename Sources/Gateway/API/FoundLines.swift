internal import Primitives
internal import Sessions

/// The line of a conversation that a search has found.
enum FoundLine {
    /// Of a thread's newest ones: more would make a search slow that finds many threads.
    private static let messageLimit = 200
    /// In characters, before and after the first word.
    private static let reach = 80

    /// The newest line with all words; nil without words, and if there is none.
    static func text(with words: [String], of session: String, in ledger: Ledger) throws -> String? {
        guard !words.isEmpty else { return nil }
        let messages = try ledger.messages(of: session, before: .max, limit: Self.messageLimit).items
        return messages.reversed().lazy.filter { MessageRecord.Role.found.contains($0.role) }
            .compactMap { Self.text(with: words, in: $0.text) }.first
    }

    static func text(with words: [String], in text: String) -> String? {
        text.split(separator: "\n").lazy.compactMap { line -> String? in
            let places = words.compactMap { Self.place(of: $0, in: line) }
            guard places.count == words.count, let first = places.min() else { return nil }
            return Self.cut(line, around: first)
        }.first
    }

    private static func place(of word: String, in line: Substring) -> Int? {
        let lower = Array(line.lowercased()), word = Array(word.lowercased())
        guard !word.isEmpty, lower.count >= word.count else { return nil }
        return (0...(lower.count - word.count)).first { lower[$0..<($0 + word.count)].elementsEqual(word) }
    }

    private static func cut(_ line: Substring, around place: Int) -> String {
        let start = max(0, place - Self.reach)
        let rest = line.dropFirst(start)
        let part = rest.prefix(2 * Self.reach)
        return "\(start > 0 ? "…" : "")\(VisibleText.line(String(part)))\(part.count < rest.count ? "…" : "")"
    }
}

extension MessageRecord.Role {
    /// What a search finds: not commands and the replies to them.
    fileprivate static let found: Set<Self> = [.user, .assistant, .commit]
}
