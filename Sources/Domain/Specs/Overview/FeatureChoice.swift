internal import Chat
internal import Primitives
package import Repositories

/// Selects the feature of a repository that a stage works on.
package enum FeatureChoice {
    /// The thread's feature, else the repository's only one. Whoever uses the only one reports it with
    /// ``TurnEvent/feature(_:)``, so that the thread keeps it when there are more.
    ///
    /// Throws ``TurnFailure``, which says what is missing and what to type, or ``RepositoryError``.
    ///
    /// - Parameter name: The one that the thread has chosen; nil for none.
    package static func feature(chosen name: String?, in repository: LocalRepository) async throws -> FeatureFiles {
        try await Self.find(name, in: repository) { try await repository.feature($0) }
    }

    /// Where ``feature(chosen:in:)`` is, without its documents.
    package static func home(chosen name: String?, in repository: LocalRepository) async throws -> FeatureHome {
        try await Self.find(name, in: repository) { try await repository.featureHome($0) }
    }

    private static func find<Found>(
        _ name: String?, in repository: LocalRepository, _ read: (String) async throws -> Found?
    ) async throws -> Found {
        if let name, let found = try await read(name) { return found }
        let names = try await repository.featureNames()
        if name == nil, names.count == 1, let found = try await read(names[0]) { return found }
        throw TurnFailure(Self.missing(name, among: names))
    }

    /// The feature that `word` means: a number, a name, or the beginning of one. Throws as
    /// ``feature(chosen:in:)`` does.
    package static func feature(named word: String, in repository: LocalRepository) async throws -> FeatureFiles {
        let names = FeatureNames(try await repository.featureNames())
        switch names.match(word) {
        case .one(let name):
            guard let files = try await repository.feature(name) else {
                throw TurnFailure(Self.missing(name, among: names.all))
            }
            return files
        case .several(let found):
            throw TurnFailure(
                "\(FeatureNames.code(word)) may be any of \(FeatureNames.list(found)): type the whole name.")
        case .none(let nearest?):
            throw TurnFailure(
                "There is no feature \(FeatureNames.code(word)). Did you mean \(FeatureNames.code(nearest))? `spec` "
                    + "lists them all.")
        case .none(nil):
            throw TurnFailure(Self.missing(nil, among: []))
        }
    }

    /// - Parameter name: The feature that the thread had worked on and no branch has any more.
    static func missing(_ name: String?, among names: [String]) -> String {
        let lost = name.map { "No branch has the feature \(FeatureNames.code($0)) any more" }
        guard let newest = names.first else {
            return "\(lost ?? "There is no feature yet"): describe one with `specify TEXT`."
        }
        let number = FeatureNames.number(of: newest)
        return "\(lost ?? "This thread has not chosen a feature"): choose one of \(FeatureNames.list(names)), as in "
            + "`spec \(number)`, or begin another with `specify TEXT`."
    }
}

/// The names of a repository's features, and what people type for them.
package struct FeatureNames: Sendable, Hashable {
    /// What a typed word means.
    package enum Match: Sendable, Hashable {
        case one(String)
        /// It matches several names, in their order.
        case several([String])
        /// The closest name, the newest of equals; nil without features.
        case none(nearest: String?)
    }

    /// Folder names below `specs/`, the newest first.
    package let all: [String]

    package init(_ all: [String]) {
        self.all = all
    }

    /// The feature that a person means by `003`, `3`, `003-login`, `specs/003-login`, `login`, or the beginning of one
    /// of them. Upper and lower case are the same.
    package func match(_ word: String) -> Match {
        // No folder's name is longer.
        let word = Self.bare(word.beginning(bytes: 256))
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
        name.unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: "�"
            default: scalar == "`" ? "'" : String(scalar)
            }
        }
        .joined().abridged(to: limit)
    }

    /// The digits at the start: `003`.
    package static func number(of name: String) -> String { String(name.prefix { $0.isASCII && $0.isNumber }) }

    static func shortName(of name: String) -> String {
        name.firstIndex(of: "-").map { String(name[$0...].dropFirst()) } ?? name
    }

    private static func bare(_ word: String) -> String {
        let text = word.drop { $0.isWhitespace || $0 == "`" }.lowercased()
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
