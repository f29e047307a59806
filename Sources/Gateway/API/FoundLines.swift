internal import Primitives
internal import Sessions

/// The lines of conversations that a search has found.
struct FoundLines {
    let words: [String]
    /// Bytes of text that may still be looked through for one list.
    private var left = 2 << 20

    init(words: [String]) {
        self.words = words
    }

    /// Of a thread's newest ones: more would make a search slow that finds many threads.
    private static let messageLimit = 200
    /// In characters, before and after the first word.
    private static let reach = 80

    /// The newest line with all words; nil without words, and if there is none.
    mutating func line(of session: String, in ledger: Ledger) throws -> String? {
        guard !self.words.isEmpty, self.left > 0 else { return nil }
        let messages = try ledger.messages(of: session, before: .max, limit: Self.messageLimit).items
        for message in messages.reversed() where MessageRecord.Role.found.contains(message.role) {
            self.left -= message.text.utf8.count
            if let line = Self.text(with: self.words, in: message.text) { return line }
        }
        return nil
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
