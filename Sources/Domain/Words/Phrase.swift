/// A text of the bot as the code has it, in English. What it is called in the catalogue is the text with `{}` for each
/// interpolation.
package struct Phrase: ExpressibleByStringInterpolation, Sendable {
    package struct StringInterpolation: StringInterpolationProtocol, Sendable {
        var english = ""
        var key = ""
        var values: [String] = []

        package init(literalCapacity: Int, interpolationCount: Int) {}

        package mutating func appendLiteral(_ literal: String) {
            self.english += literal
            self.key += literal
        }

        package mutating func appendInterpolation<Value>(_ value: Value) {
            let text = "\(value)"
            self.english += text
            self.key += "{}"
            self.values.append(text)
        }

        /// What only English has, such as an article.
        package mutating func appendInterpolation(english text: String) { self.english += text }
    }

    let english: String
    let key: String
    let values: [String]

    package init(stringLiteral text: String) {
        self.init(english: text, key: text, values: [])
    }

    package init(stringInterpolation text: StringInterpolation) {
        self.init(english: text.english, key: text.key, values: text.values)
    }

    private init(english: String, key: String, values: [String]) {
        self.english = english
        self.key = key
        self.values = values
    }

    package static func + (first: Phrase, second: Phrase) -> Phrase {
        Phrase(
            english: first.english + second.english, key: first.key + second.key, values: first.values + second.values)
    }
}

/// The phrase in the language of whoever reads it; in English where the catalogue lacks it.
///
/// `scripts/checks/words.py` checks that the catalogue has every phrase that is written between these parentheses.
package func worded(_ phrase: Phrase) -> String {
    let language = Language.current
    guard language != .en, let text = Catalogue.shared.text(of: phrase.key, in: language) else { return phrase.english }
    return Catalogue.filled(text, with: phrase.values)
}
