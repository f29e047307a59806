package import Chat
package import JSON
internal import Primitives
package import Repositories
internal import Schemas

/// The features of a repository, for the command line; needs no running host and changes nothing.
package struct FeatureReports: Sendable {
    /// The repository's name.
    package let repository: String
    private let source: LocalRepository
    private let links: SpecLinks

    package init(_ repository: LocalRepository, pages: RepositoryPages) {
        self.source = repository
        self.repository = repository.name
        self.links = SpecLinks(pages, repository: repository.name)
    }

    /// All features, the newest first, without the commits of their documents.
    package func all() async throws -> [FeatureOverview] {
        var found: [FeatureOverview] = []
        for name in try await self.source.featureNames() {
            guard let files = try await self.source.feature(name) else { continue }
            found.append(await FeatureOverview.summary(of: files))
        }
        return found
    }

    /// The feature that `word` means; nil means the only one. Throws ``HostError``, which says what to type.
    package func feature(_ word: String?) async throws -> FeatureOverview {
        let names = FeatureNames(try await self.source.featureNames())
        let name = try word.map { try Self.match($0, in: names) } ?? self.only(of: names)
        guard let files = try await self.source.feature(name) else {
            throw HostError("the feature \(name) is gone: another program has just deleted it.")
        }
        return try await FeatureOverview.read(files, in: self.source)
    }

    package func json(of feature: FeatureOverview) async throws -> JSON {
        let names = try await self.source.featureNames()
        return try JSON(encoding: feature.form(of: self.repository, links: self.links, all: names))
    }

    private static func match(_ word: String, in names: FeatureNames) throws -> String {
        switch names.match(word) {
        case .one(let name): return name
        case .several(let found):
            throw HostError("'\(word)' may be any of \(found.prefix(10).joined(separator: ", ")): name it in full.")
        case .none(let nearest?):
            throw HostError(
                "there is no feature '\(word)'; did you mean '\(nearest)'? 'jetbridge spec list' lists them.")
        case .none(nil):
            throw HostError("there is no feature '\(word)'. Describe one with 'jetbridge spec specify TEXT'.")
        }
    }

    private func only(of names: FeatureNames) throws -> String {
        guard let newest = names.all.first else {
            throw HostError(
                "the repository \(self.repository) has no feature. Describe one with 'jetbridge spec specify TEXT'.")
        }
        guard names.all.count == 1 else {
            throw HostError("name one of \(names.all.prefix(10).joined(separator: ", ")).")
        }
        return newest
    }
}
