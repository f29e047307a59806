/// A language in which the bot writes its notes.
package enum Language: String, Sendable, CaseIterable {
    case en, de, fr, es, ja

    /// That of whoever reads what is being written; the host's where nobody in particular does.
    @TaskLocal package static var current = Language.en

    /// What its speakers call it.
    package var name: String {
        switch self {
        case .en: "English"
        case .de: "Deutsch"
        case .fr: "Français"
        case .es: "Español"
        case .ja: "日本語"
        }
    }

    /// By its code, or by a locale such as `de-AT` or `fr_CA.UTF-8`.
    package init?(locale: some StringProtocol) {
        let code = locale.prefix { $0.isASCII && $0.isLetter }.lowercased()
        self.init(rawValue: code)
    }

    /// The first of a header `Accept-Language` that the bot writes; browsers list the best one first.
    package init?(accepted header: String) {
        for wish in header.prefix(256).split(separator: ",") {
            guard let language = Self(locale: wish.drop { $0 == " " }) else { continue }
            self = language
            return
        }
        return nil
    }

    /// By its code or its name, in any case: `de`, `Deutsch`.
    package init?(word: String) {
        let word = word.lowercased()
        guard let language = Self.allCases.first(where: { $0.rawValue == word || $0.name.lowercased() == word }) else {
            return nil
        }
        self = language
    }

    /// What others read of the choice: `de (Deutsch), …`.
    package static var list: String { Self.allCases.map { "`\($0.rawValue)` (\($0.name))" }.joined(separator: ", ") }
}
