internal import Chat
internal import Primitives

/// What a typed text says as an answer to an ask. Pure.
package struct AskReply: Equatable {
    /// How sure it is that the text is meant as an answer.
    package enum Form: Equatable {
        /// A letter or a label of the ask.
        case option
        /// `yes`, `no` or `done`, which people also say to the model.
        case word
        /// The person's own words.
        case words
    }

    /// As ``AskChoice`` takes it; empty for the words alone.
    package let key: String
    package var words: String?
    package let form: Form

    /// Longer texts are words.
    private static let limit = 100
    /// The maximum length of an answer in the person's own words, in bytes.
    static let wordsLimit = 16 * 1024

    /// Whether a text could be more than words, so that it is worth reading the open asks.
    package static func isPossible(_ text: String) -> Bool { text.utf8.count <= Self.limit }

    /// Nil when `text` is no answer to `ask`: the letter (`A`, `b.`, `c)`), the label, letters of a batch (`A,C`), `yes`,
    /// `no` or `done`; with `takesWords` and a question that takes them, anything else too.
    package init?(_ text: String, to ask: AskRecord, takesWords: Bool = false) {
        guard let reply = Self.short(text, to: ask) else {
            let words = text.trimmed
            guard takesWords, ask.question?.takesText == true, !words.isEmpty, words.utf8.count <= Self.wordsLimit
            else { return nil }
            (self.key, self.words, self.form) = ("", words, .words)
            return
        }
        self = reply
    }

    /// The command that says the same, without a sign.
    package func command(to ask: AskRecord) -> String {
        switch self.key {
        case AskRecord.no, AskRecord.none: return "deny \(ask.id)"
        case AskRecord.deny where ask.kind == .approval && !ask.isBatch: return "deny \(ask.id)"
        case AskRecord.always where ask.kind == .approval && !ask.isBatch: return "approve \(ask.id) always"
        case _ where ask.kind == .approval && !ask.isBatch: return "approve \(ask.id)"
        default: return "approve \(ask.id) \(self.key.isEmpty ? self.words ?? "" : self.key)"
        }
    }

    private init(_ key: String, _ form: Form) {
        (self.key, self.words, self.form) = (key, nil, form)
    }

    private static func short(_ text: String, to ask: AskRecord) -> Self? {
        guard Self.isPossible(text) else { return nil }
        var words = text.trimmed.lowercased()
        while let last = words.last, ".!)".contains(last), words.count > 1, !Self.isLabel(words, of: ask) {
            words.removeLast()
        }
        if let option = ask.options.first(where: { $0.key.lowercased() == words || Self.isLabel(words, $0) }) {
            return Self(option.key, .option)
        }
        guard AskChoice(words, nil, to: ask) != nil else { return nil }
        return Self(words, ["yes", AskRecord.no, AskRecord.done].contains(words) ? .word : .option)
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
package struct AskArgument: Equatable {
    /// Nil when none is named.
    package let id: String?
    /// What follows it.
    package let rest: String

    package init(_ text: String) {
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
