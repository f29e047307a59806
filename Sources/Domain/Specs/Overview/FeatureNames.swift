internal import Primitives
internal import Repositories

/// The names of a repository's features, and what people type for them.
package struct FeatureNames: Sendable, Hashable {
    /// What a typed word means.
    package enum Match: Sendable, Hashable {
        case one(String)
        /// It fits several, in the order of the names.
        case several([String])
        /// The closest name, the newest of equals; nil without features.
        case none(nearest: String?)
    }

    /// Folder names below `specs/`, the newest first.
    package let all: [String]

    package init(_ all: [String]) {
        self.all = all
    }

    /// The feature that somebody means with `003`, `3`, `003-login`, `specs/003-login`, `login`, or the beginning of one
    /// of them. Upper and lower case are the same.
    package func match(_ word: String) -> Match {
        let word = Self.bare(word)
        guard !word.isEmpty else { return .none(nearest: self.all.first) }
        for isMeant in [Self.isWhole, Self.isNumber, Self.isShortName, Self.isBeginning] {
            let found = self.all.filter { isMeant(word, $0.lowercased()) }
            if found.count == 1 { return .one(found[0]) }
            if !found.isEmpty { return .several(found) }
        }
        let distances = self.all.map { name in
            (name, min(EditDistance.between(word, name), EditDistance.between(word, Self.shortName(of: name))))
        }
        return .none(nearest: distances.min { $0.1 < $1.1 }?.0)
    }

    /// Names as code, at most ten.
    package static func list(_ names: [String]) -> String {
        let shown = names.prefix(10).map { Self.code($0) }.joined(separator: ", ")
        return names.count > 10 ? "\(shown) and \(names.count - 10) more" : shown
    }

    /// A name as code. Folders may have any name, so characters that end code or reorder text are replaced.
    package static func code(_ name: String) -> String { "`\(Self.visible(name))`" }

    static func visible(_ name: String, limit: Int = 80) -> String {
        let text = name.unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: "�"
            default: scalar == "`" ? "'" : String(scalar)
            }
        }
        .joined()
        return text.count > limit ? "\(text.prefix(limit - 1))…" : text
    }

    /// The digits at the start: `003`.
    package static func number(of name: String) -> String { String(name.prefix { $0.isASCII && $0.isNumber }) }

    static func shortName(of name: String) -> String {
        name.firstIndex(of: "-").map { String(name[$0...].dropFirst()) } ?? name
    }

    private static func bare(_ word: String) -> String {
        let text = word.trimmingPrefix { $0.isWhitespace || $0 == "`" }.lowercased()
        let start = text.hasPrefix("specs/") ? text.dropFirst(6) : text[...]
        let end = start.lastIndex { !$0.isWhitespace && $0 != "`" && $0 != "/" }
        return end.map { String(start[...$0]) } ?? ""
    }

    private static func isWhole(_ word: String, _ name: String) -> Bool { word == name }

    private static func isNumber(_ word: String, _ name: String) -> Bool {
        guard let number = Int(word), number >= 0, word.allSatisfy(\.isNumber) else { return false }
        return NumberedName.number(of: name) == number
    }

    private static func isShortName(_ word: String, _ name: String) -> Bool { word == Self.shortName(of: name) }

    private static func isBeginning(_ word: String, _ name: String) -> Bool {
        word.count > 1 && (name.hasPrefix(word) || Self.shortName(of: name).hasPrefix(word))
    }
}
