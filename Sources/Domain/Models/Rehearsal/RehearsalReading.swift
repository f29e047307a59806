/// What a script can find in a feature's description: who does what, and with which things.
///
/// Matches English patterns (“users can …”, “as a … I want to …”, “a page that shows …”) and keeps unrecognised
/// sentences, so that nothing the person wrote is lost.
struct RehearsalReading {
    /// Something that a person or the system does.
    struct Action: Equatable {
        /// Singular, lower case; nil when the system acts.
        var actor: String?
        /// In the base form: `export a report`.
        var phrase: String
    }

    /// Bytes of a description or specification that are read.
    static let limit = 16 << 10
    private static let mostThings = 4

    private(set) var title: String
    private(set) var actions: [Action] = []
    /// Sentences in which no action was recognised.
    private(set) var remarks: [String] = []
    /// The subjects of the text, singular, in order of first mention.
    private(set) var things: [String] = []

    init(_ description: String) {
        self.title = ""
        let sentences = Self.sentences(of: description)
        for sentence in sentences { self.read(sentence) }
        // “Members can vote” is not a feature's name; the action is.
        let isClause = Self.modal(in: (sentences.first ?? "").split(separator: " ").map { Self.plain($0) }) != nil
        self.title = Self.title(of: isClause ? self.actions.first?.phrase ?? description : description)
        self.things = Self.things(in: description, without: self.actions.compactMap(\.actor))
    }

    private mutating func read(_ sentence: String) {
        let words = sentence.split(separator: " ").map(String.init)
        let plain = words.map { Self.plain($0) }
        var found: [Action] = []
        if let mark = Self.modal(in: plain) {
            found = Self.actions(in: words[mark.upperBound...], actor: Self.actor(before: mark.lowerBound, in: plain))
        } else if let mark = plain.firstIndex(where: { ["that", "which", "to"].contains($0) }),
            mark + 1 < plain.count, Self.base(of: plain[mark + 1]) != nil
        {
            found = Self.actions(in: words[(mark + 1)...], actor: plain[mark] == "to" ? "user" : nil)
        } else if let first = plain.first, Self.verbs.contains(first), !Self.making.contains(first), plain.count > 1 {
            found = Self.actions(in: words[...], actor: "user")
        }
        for action in found where !self.actions.contains(where: { $0.phrase == action.phrase }) {
            self.actions.append(action)
        }
        if found.isEmpty { self.remarks.append(sentence) }
    }
}

extension RehearsalReading {
    private static let making = RehearsalList.words("making")
    private static let verbs = RehearsalList.words("verbs")
    private static let fillers = RehearsalList.words("fillers")
    private static let modals = RehearsalList.strings("modals").map { $0.split(separator: " ").map(String.init) }

    /// The base form of a verb in base form or third person.
    private static func base(of word: String) -> String? {
        [("", ""), ("ies", "y"), ("es", ""), ("s", "")].lazy.compactMap { ending, stem in
            word.hasSuffix(ending) ? word.dropLast(ending.count) + stem : nil
        }.first { self.verbs.contains($0) }
    }

    /// The position of “can”, “wants to”, “must be able to” and the like.
    private static func modal(in words: [String]) -> Range<Int>? {
        for start in words.indices {
            for phrase in self.modals where words[start...].starts(with: phrase) {
                return start + phrase.count < words.count ? start..<start + phrase.count : nil
            }
        }
        return nil
    }

    /// The noun before `end`: in “as a manager I want to” the manager; nil when it is part of the system.
    private static func actor(before end: Int, in words: [String]) -> String? {
        let before = words[..<end].filter { !self.fillers.contains($0) }
        if words.count > 2, words[0] == "as", let person = before.first(where: { $0 != "as" }) {
            return self.singular(person)
        }
        guard let noun = before.last, !RehearsalList.words("anyone").contains(noun) else { return "user" }
        let singular = self.singular(noun)
        return RehearsalList.words("systems").contains(singular) ? nil : singular
    }

    /// The actions of a text: parts joined by commas and “and”, each beginning with a verb.
    private static func actions(in words: ArraySlice<String>, actor: String?) -> [Action] {
        var parts: [[String]] = [[]]
        for index in words.indices {
            let isEmpty = parts[parts.count - 1].isEmpty
            let word = self.plain(words[index])
            if ["so", "because"].contains(word), !isEmpty { break }
            let isBeforeVerb = index + 1 < words.endIndex && self.base(of: self.plain(words[index + 1])) != nil
            let joins = ["and", "or", "then"].contains(word)
            if joins, isBeforeVerb, !isEmpty {
                parts.append([])
            } else if !isEmpty || !joins && !self.fillers.contains(word) {
                parts[parts.count - 1].append(words[index])
                if words[index].hasSuffix(","), isBeforeVerb { parts.append([]) }
            }
        }
        return parts.compactMap { self.action($0, actor: actor) }
    }

    private static func action(_ words: [String], actor: String?) -> Action? {
        let first = self.plain(words.first ?? "")
        guard let verb = self.base(of: first) ?? (actor == nil ? nil : first), !verb.isEmpty, verb != "be" else {
            return nil
        }
        let phrase = ([verb] + words.dropFirst()).joined(separator: " ")
        return Action(actor: actor, phrase: self.trimmed(phrase.drop { !$0.isLetter }))
    }

    private static func sentences(of text: String) -> [String] {
        var sentences = [""]
        for index in text.indices {
            let (character, next) = (text[index], text[index...].dropFirst().first)
            if character.isNewline || ".!?;".contains(character) && next?.isWhitespace != false {
                sentences.append("")
            } else {
                sentences[sentences.count - 1].append(character.isWhitespace ? " " : character)
            }
        }
        return sentences.map(self.trimmed).filter { !$0.isEmpty }
    }

    private static func title(of text: String) -> String {
        let skipped = self.making.union(RehearsalList.words("untitled"))
        var words = (self.sentences(of: text).first ?? "").split(separator: " ")[...]
        while let first = words.first, skipped.contains(self.plain(first)), words.count > 1 { words.removeFirst() }
        let ends = RehearsalList.words("ends")
        if let end = words.firstIndex(where: { ends.contains(self.plain($0)) }), end > words.startIndex {
            words = words[..<end]
        }
        let title = words.prefix(8).map(\.rehearsedName).joined(separator: " ")
        return title.isEmpty ? "New Feature" : String(self.trimmed(title).prefix(80))
    }

    private static func things(in text: String, without actors: [String]) -> [String] {
        let people = Set(actors.flatMap { [$0, self.plural($0)] } + ["user", "users", "people", "person"])
        let places = RehearsalList.words("places")
        var things: [String] = []
        for word in RehearsalWords(text).topics
        where !people.contains(word) && self.base(of: word) == nil && !word.contains("'") {
            let thing = self.singular(word)
            // Skip adverbs, participles and numbers.
            let isOther = ["ly", "ed", "ing"].contains { thing.hasSuffix($0) } || Int(thing) != nil
            if !isOther, thing.count > 3, !places.contains(thing), !things.contains(thing) { things.append(thing) }
            if things.count == Self.mostThings { break }
        }
        return things
    }

    static func plural(_ noun: String) -> String {
        if noun == "person" { return "people" }
        if ["s", "x", "ch", "sh"].contains(where: { noun.hasSuffix($0) }) { return noun + "es" }
        if noun.hasSuffix("y"), let before = noun.dropLast().last, !"aeiou".contains(before) {
            return noun.dropLast() + "ies"
        }
        return noun + "s"
    }

    static func singular(_ noun: String) -> String {
        if noun == "people" { return "person" }
        if noun.hasSuffix("ies"), noun.count > 4 { return noun.dropLast(3) + "y" }
        if ["sses", "ches", "xes"].contains(where: { noun.hasSuffix($0) }) { return String(noun.dropLast(2)) }
        let isPlural = noun.hasSuffix("s") && !["ss", "us", "is"].contains { noun.hasSuffix($0) } && noun.count > 3
        return isPlural ? String(noun.dropLast()) : noun
    }

    private static func plain(_ word: some StringProtocol) -> String {
        word.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "'" }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let start = text.drop { $0.isWhitespace || ",;:-*•".contains($0) }
        return String(start.reversed().drop { $0.isWhitespace || ".,;:!?-".contains($0) }.reversed())
    }
}
