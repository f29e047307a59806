internal import Chat
internal import Primitives

/// A valid answer to an ask. Pure.
package struct AskChoice: Sendable, Equatable {
    /// An option's key, `no`, `done`, or letters of a batch (`A,C`); nil for words alone.
    package let answer: String?
    /// The person's own words.
    package let words: String?

    private init(_ answer: String?, _ words: String? = nil) {
        self.answer = answer
        self.words = words
    }

    /// Nil when `key` is no answer to `ask`. An empty key stands for the words alone.
    package init?(_ key: String, _ words: String?, to ask: AskRecord) {
        let word = key.trimmed.lowercased()
        let choice =
            switch ask.kind {
            case .approval where ask.isBatch: Self.items(word, words, of: ask)
            case .approval: Self.approval(word, words, of: ask)
            case .question, .clarify, .conflict: Self.question(word, words, of: ask)
            case .extension: Self.approval(word, words, of: ask)
            case .access: (word == "no" ? ask.option(AskRecord.deny) : ask.option(word)).map { Self($0.key) }
            }
        guard let choice else { return nil }
        self = choice
    }

    private static func approval(_ word: String, _ words: String?, of ask: AskRecord) -> Self? {
        switch word {
        case "yes": Self(AskRecord.approve, words)
        case "no": Self(AskRecord.deny, words)
        default: ask.option(word).map { Self($0.key, words) }
        }
    }

    /// `all`, `none`, `always`, or the letters of the items to approve.
    private static func items(_ word: String, _ words: String?, of ask: AskRecord) -> Self? {
        switch word {
        case "yes", AskRecord.all: return Self(AskRecord.all, words)
        case "no", AskRecord.none: return Self(AskRecord.none, words)
        case AskRecord.alwaysAll: return Self(AskRecord.alwaysAll, words)
        default: break
        }
        let separators: Set<Character> = [",", ";", "+", "&", " "]
        let letters = word.uppercased().split { separators.contains($0) }.map(String.init).filter { $0 != "AND" }
        let known = ask.bindings.indices.map { AskRecord.letter($0) }
        guard !letters.isEmpty, letters.allSatisfy(known.contains) else { return nil }
        let chosen = known.filter(letters.contains)
        return Self(chosen == known ? AskRecord.all : chosen.joined(separator: ","), words)
    }

    private static func question(_ word: String, _ words: String?, of ask: AskRecord) -> Self? {
        if let option = ask.option(word) { return Self(option.key, words) }
        let takesText = ask.question?.takesText ?? false
        switch word {
        case "yes":
            if let option = ask.options.first(where: \.isRecommended) { return Self(option.key, words) }
            return takesText && ask.options.isEmpty ? Self(nil, words ?? "yes") : nil
        case AskRecord.no: return Self(AskRecord.no, words)
        case AskRecord.done: return ask.kind == .clarify ? Self(AskRecord.done, words) : nil
        case "": return takesText && words != nil ? Self(nil, words) : nil
        default: return nil
        }
    }
}
