package import Chat
package import Repositories

/// Which feature of a repository a stage works on.
package struct FeatureChoice: Sendable {
    /// The thread's feature, else the repository's only one. Whoever uses the only one reports it with
    /// ``TurnEvent/feature(_:)``, so that the thread keeps it when there are more.
    ///
    /// Throws ``TurnFailure``, which says what is missing and what to type, or ``RepositoryError``.
    package static func feature(
        of request: TurnRequest, in repository: LocalRepository
    ) async throws -> FeatureFiles {
        try await Self.feature(chosen: request.feature, in: repository)
    }

    /// As ``feature(of:in:)`` finds it.
    ///
    /// - Parameter name: The one that the thread has chosen; nil for none.
    package static func feature(chosen name: String?, in repository: LocalRepository) async throws -> FeatureFiles {
        if let name, let files = try await repository.feature(name) { return files }
        let names = try await repository.featureNames()
        if name == nil, names.count == 1, let files = try await repository.feature(names[0]) { return files }
        throw TurnFailure(Self.missing(name, among: names))
    }

    /// The feature that `word` means: a number, a name, or the beginning of one. Throws as
    /// ``feature(of:in:)`` does.
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
                "\(FeatureNames.code(word)) may be any of \(FeatureNames.list(found)): type the whole name after "
                    + "`spec`.")
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
