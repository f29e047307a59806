internal import Primitives

/// What the bot says, in all of its languages: `config/words/*.txt`.
///
/// An entry has a line for each language, which begins with its code, English first; an empty line ends it. `{1}` is the
/// first interpolation of the English text, and `\n` a line feed.
package struct Catalogue: Sendable {
    package static let shared = Catalogue(WordFiles.files.map(\.text))

    /// For each language, texts by the English one with `{}` for each interpolation.
    private let texts: [Language: [String: String]]

    package init(_ files: [String]) {
        var texts: [Language: [String: String]] = [:]
        var key = ""
        for line in files.lazy.flatMap({ $0.split(separator: "\n") }) {
            guard let language = Language(rawValue: String(line.prefix(2))) else { continue }
            let text = String(line.dropFirst(3)).replacing("\\n", with: "\n")
            if language == .en { key = Self.key(of: text) } else { texts[language, default: [:]][key] = text }
        }
        self.texts = texts
    }

    package func text(of key: String, in language: Language) -> String? { self.texts[language]?[key] }

    /// All entries by their key.
    package func entries(in language: Language) -> [String: String] { self.texts[language] ?? [:] }

    /// `{1}` becomes the first value.
    static func filled(_ text: String, with values: [String]) -> String {
        var result = ""
        Self.walk(text) { literal, number in
            result += literal
            if let number, values.indices.contains(number - 1) { result += values[number - 1] }
        }
        return result
    }

    /// The numbers of the interpolations, in their order.
    package static func numbers(in text: String) -> [Int] {
        var numbers: [Int] = []
        Self.walk(text) { if let number = $1 { numbers.append(number) } }
        return numbers
    }

    private static func key(of text: String) -> String {
        var key = ""
        Self.walk(text) { literal, number in key += literal + (number == nil ? "" : "{}") }
        return key
    }

    /// Calls `body` with what stands before each `{1}`, and its number; without one for the rest.
    private static func walk(_ text: String, _ body: (Substring, Int?) -> Void) {
        var (start, rest) = (text.startIndex, text[...])
        while let open = rest.firstIndex(of: "{") {
            rest = rest[open...].dropFirst()
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int(digits), rest[digits.endIndex...].first == "}" else { continue }
            body(text[start..<open], number)
            rest = rest[digits.endIndex...].dropFirst()
            start = rest.startIndex
        }
        body(text[start...], nil)
    }
}
