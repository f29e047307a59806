internal import Chat

/// What a plain message says as an answer to an ask. Pure.
struct AskReply: Equatable {
    /// How sure it is that the message is meant as an answer.
    enum Form: Equatable {
        /// A letter or a label of the ask.
        case option
        /// `yes` or `no`, which people also say to the model.
        case word
    }

    let key: String
    let form: Form

    /// Longer texts are no answers.
    private static let limit = 100

    /// Whether a text could answer an ask, so that it is worth reading the open ones.
    static func isPossible(_ text: String) -> Bool { text.utf8.count <= Self.limit }

    /// Nil when `text` is no answer to `ask`: the letter (`A`, `b.`, `c)`), the label, `yes` or `no`.
    init?(_ text: String, to ask: AskRecord) {
        guard Self.isPossible(text) else { return nil }
        var words = text.trimmed.lowercased()
        while let last = words.last, ".!)".contains(last), words.count > 1, !Self.isLabel(words, of: ask) {
            words.removeLast()
        }
        if let option = ask.options.first(where: { $0.key.lowercased() == words || Self.isLabel(words, $0) }) {
            (self.key, self.form) = (option.key, .option)
            return
        }
        let key: String? =
            switch words {
            case "yes": ask.kind == .approval ? AskRecord.approve : ask.options.first(where: \.isRecommended)?.key
            case "no": ask.kind == .approval ? AskRecord.deny : nil
            default: nil
            }
        guard let key else { return nil }
        (self.key, self.form) = (key, .word)
    }

    private static func isLabel(_ words: String, of ask: AskRecord) -> Bool {
        ask.options.contains { Self.isLabel(words, $0) }
    }

    /// The label, with or without what it says in parentheses.
    private static func isLabel(_ words: String, _ option: AskRecord.Option) -> Bool {
        let label = option.label.lowercased()
        return words == label || words == (label.split(separator: "(").first.map { $0.trimmed } ?? label)
    }
}

/// The argument of `approve` and `deny`.
struct AskArgument: Equatable {
    /// Nil when none is named.
    let id: String?
    /// What follows it.
    let rest: String

    init(_ text: String) {
        let text = text.trimmed
        let end = text.firstIndex(where: \.isWhitespace) ?? text.endIndex
        let word = text[..<end].filter { $0 != "`" }.lowercased()
        if Self.isID(word) {
            (self.id, self.rest) = (word, String(text[end...]).trimmed)
        } else {
            (self.id, self.rest) = (nil, text)
        }
    }

    /// `a` and a number.
    private static func isID(_ word: String) -> Bool {
        word.first == "a" && (2...19).contains(word.utf8.count)
            && word.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
