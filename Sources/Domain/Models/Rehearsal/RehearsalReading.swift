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

    private(set) var title: String
    private(set) var actions: [Action] = []
    /// Sentences in which no action was recognised.
    private(set) var remarks: [String] = []
    /// The subjects of the text, singular, in order of first mention.
    private(set) var things: [String] = []

    /// The first person who acts.
    var actor: String { self.actions.lazy.compactMap(\.actor).first ?? "user" }

    init(_ description: String) {
        self.title = ""
        let sentences = Self.sentences(of: description)
        for sentence in sentences { self.read(sentence) }
        // “Members can vote” is not a feature's name; the action is.
        let isClause =
            Self.modal(in: (sentences.first ?? "").split(separator: " ").map { Self.plain(String($0)) }) != nil
        self.title = Self.title(of: isClause ? self.actions.first?.phrase ?? description : description)
        self.things = Self.things(in: description, without: self.actions.compactMap(\.actor))
    }

    private mutating func read(_ sentence: String) {
        let words = sentence.split(separator: " ").map(String.init)
        let plain = words.map { Self.plain($0) }
        var found: [Action] = []
        if let mark = Self.modal(in: plain) {
            let actor = Self.actor(before: mark.start, in: plain)
            found = Self.actions(in: words, from: mark.end, actor: actor)
        } else if let mark = plain.firstIndex(where: { $0 == "that" || $0 == "which" || $0 == "to" }),
            mark + 1 < plain.count, Self.base(of: plain[mark + 1]) != nil
        {
            found = Self.actions(in: words, from: mark + 1, actor: plain[mark] == "to" ? "user" : nil)
        } else if let first = plain.first, Self.verbs.contains(first), !Self.making.contains(first), plain.count > 1 {
            found = Self.actions(in: words, from: 0, actor: "user")
        }
        for action in found where !self.actions.contains(where: { $0.phrase == action.phrase }) {
            self.actions.append(action)
        }
        if found.isEmpty { self.remarks.append(sentence) }
    }
}

extension RehearsalReading {
    private static let making: Set<String> = [
        "add", "build", "create", "develop", "implement", "make", "write", "design",
    ]

    private static let verbs: Set<String> = Set(
        """
        accept add allow answer approve archive ask assign attach block book browse buy cancel change chat check choose \
        close collect comment compare confirm connect convert copy count create delete deny disable display download edit \
        enable enter explain export filter find follow get give group handle hide import invite join keep leave let limit \
        link list load lock log make manage mark merge move notify offer open order pay pick play post preview print \
        protect publish put rate read receive record register reject remember remind remove rename reply report request \
        reset restore review run save scan schedule search see select send set share show sign skip sort start stop store \
        submit subscribe suggest summarise summarize support switch tag tell test track translate turn undo unlock update \
        upload use verify view vote warn watch write
        """.split(whereSeparator: \.isWhitespace).map(String.init))

    /// The base form of a verb in base form or third person.
    private static func base(of word: String) -> String? {
        if self.verbs.contains(word) { return word }
        if word.hasSuffix("ies"), self.verbs.contains(word.dropLast(3) + "y") { return word.dropLast(3) + "y" }
        for ending in ["es", "s"] where word.hasSuffix(ending) {
            let stem = String(word.dropLast(ending.count))
            if self.verbs.contains(stem) { return stem }
        }
        return nil
    }

    /// The position of “can”, “wants to”, “must be able to” and the like.
    private static func modal(in words: [String]) -> (start: Int, end: Int)? {
        for start in words.indices {
            let rest = words[start...]
            for phrase in self.modals where rest.starts(with: phrase) {
                return start + phrase.count < words.count ? (start, start + phrase.count) : nil
            }
        }
        return nil
    }

    private static let modals: [[String]] = [
        "should be able to", "must be able to", "shall be able to", "will be able to", "are able to", "is able to",
        "would like to", "want to", "wants to", "need to", "needs to", "have to", "has to", "can", "could", "should",
        "must", "shall", "may",
    ].map { $0.split(separator: " ").map(String.init) }

    /// The noun before `end`: in “as a manager I want to” the manager; nil when it is part of the system.
    private static func actor(before end: Int, in words: [String]) -> String? {
        let before = words[..<end].filter { !self.fillers.contains($0) }
        if words.count > 2, words[0] == "as", let person = before.first(where: { $0 != "as" }) {
            return self.singular(person)
        }
        guard let noun = before.last else { return "user" }
        if ["i", "we", "you", "everybody", "everyone", "anyone", "anybody", "they"].contains(noun) { return "user" }
        let singular = self.singular(noun)
        return ["it", "system", "page", "app", "application", "bot", "service", "tool", "list", "feature", "server"]
            .contains(singular) ? nil : singular
    }

    private static let fillers: Set<String> = [
        "a", "an", "the", "then", "also", "only", "and", "each", "every", "all", "any",
    ]

    /// The actions from `start` on: parts joined by commas and “and”, each beginning with a verb.
    private static func actions(in words: [String], from start: Int, actor: String?) -> [Action] {
        var parts: [[String]] = []
        var part: [String] = []
        for index in start..<words.count {
            let word = self.plain(words[index])
            if ["so", "because"].contains(word), !part.isEmpty { break }
            let next = index + 1 < words.count ? self.plain(words[index + 1]) : ""
            let joins = word == "and" || word == "or" || word == "then"
            if joins, self.base(of: next) != nil, !part.isEmpty {
                parts.append(part)
                part = []
                continue
            }
            if part.isEmpty, joins || self.fillers.contains(word) { continue }
            part.append(words[index])
            if words[index].hasSuffix(","), self.base(of: next) != nil {
                parts.append(part)
                part = []
            }
        }
        if !part.isEmpty { parts.append(part) }
        return parts.compactMap { self.action($0, actor: actor) }
    }

    private static func action(_ words: [String], actor: String?) -> Action? {
        var words = words
        guard let first = words.first,
            let verb = self.base(of: self.plain(first)) ?? (actor == nil ? nil : self.plain(first)),
            !verb.isEmpty, verb != "be"
        else { return nil }
        words[0] = verb
        let phrase = String(words.joined(separator: " ").drop { !$0.isLetter })
        return Action(actor: actor, phrase: self.trimmed(phrase))
    }

    private static func sentences(of text: String) -> [String] {
        var sentences: [String] = []
        var sentence = ""
        let characters = Array(text)
        for (index, character) in characters.enumerated() {
            let isLast = index + 1 == characters.count
            let isEnd = ".!?;".contains(character) && (isLast || characters[index + 1].isWhitespace)
            if isEnd || character.isNewline {
                sentences.append(sentence)
                sentence = ""
            } else {
                sentence.append(character.isWhitespace ? " " : character)
            }
        }
        sentences.append(sentence)
        return sentences.map { self.trimmed($0) }.filter { !$0.isEmpty }
    }

    private static func title(of text: String) -> String {
        var words = (self.sentences(of: text).first ?? "").split(separator: " ").map(String.init)
        let skipped = self.making.union([
            "a", "an", "the", "please", "i", "we", "want", "need", "would", "like", "to", "new",
        ])
        while let first = words.first, skipped.contains(self.plain(first)), words.count > 1 { words.removeFirst() }
        let ends: Set<String> = ["that", "which", "where", "so", "because", "when", "who", "with", "for"]
        if let end = words.firstIndex(where: { ends.contains(self.plain($0)) }), end > 0 {
            words = Array(words[..<end])
        }
        let title = words.prefix(8).map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " ")
        return title.isEmpty ? "New Feature" : String(self.trimmed(title).prefix(80))
    }

    private static func things(in text: String, without actors: [String]) -> [String] {
        let words = RehearsalWords(text).topics
        let people = Set(actors.flatMap { [$0, self.plural($0)] } + ["user", "users", "people", "person"])
        var things: [String] = []
        for word in words where !people.contains(word) && self.base(of: word) == nil && !word.contains("'") {
            let thing = self.singular(word)
            // Skip adverbs, participles and numbers.
            if thing.hasSuffix("ly") || thing.hasSuffix("ed") || thing.hasSuffix("ing") || Int(thing) != nil {
                continue
            }
            if thing.count > 3, !self.places.contains(thing), !things.contains(thing) { things.append(thing) }
        }
        return Array(things.prefix(4))
    }

    /// Places where things are shown, which are not entities themselves.
    private static let places: Set<String> = [
        "page", "screen", "site", "website", "system", "application", "feature", "login", "window", "dialog", "menu",
    ]

    static func plural(_ noun: String) -> String {
        if noun == "person" { return "people" }
        if noun.hasSuffix("s") || noun.hasSuffix("x") || noun.hasSuffix("ch") || noun.hasSuffix("sh") {
            return noun + "es"
        }
        if noun.hasSuffix("y"), let before = noun.dropLast().last, !"aeiou".contains(before) {
            return noun.dropLast() + "ies"
        }
        return noun + "s"
    }

    static func singular(_ noun: String) -> String {
        if noun == "people" { return "person" }
        if noun.hasSuffix("ies"), noun.count > 4 { return noun.dropLast(3) + "y" }
        if noun.hasSuffix("sses") || noun.hasSuffix("ches") || noun.hasSuffix("xes") { return String(noun.dropLast(2)) }
        if noun.hasSuffix("s"), !noun.hasSuffix("ss"), !noun.hasSuffix("us"), !noun.hasSuffix("is"), noun.count > 3 {
            return String(noun.dropLast())
        }
        return noun
    }

    private static func plain(_ word: String) -> String {
        word.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "'" }
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while let last = text.last, last.isWhitespace || ".,;:!?-".contains(last) { text.removeLast() }
        return String(text.drop { $0.isWhitespace || ",;:-*•".contains($0) })
    }
}
