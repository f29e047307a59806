package import Chat
internal import Git
package import Repositories
internal import Schemas
package import Specs

/// Shows the features of local repositories through the gateway.
package struct FeatureViewer: FeatureSource {
    let catalog: RepositoryCatalog
    let pages: RepositoryPages

    package init(catalog: RepositoryCatalog, pages: RepositoryPages) {
        self.catalog = catalog
        self.pages = pages
    }

    /// The versions of a document that are listed.
    private static let versionLimit = 50

    package func feature(
        _ name: String?, of repository: String?
    ) async throws -> FeatureAnswer<FeatureOverview.Feature> {
        try await self.answer(repository) { repository in
            let files = try await FeatureChoice.feature(chosen: name, in: repository)
            let overview = try await FeatureOverview.read(files, in: repository)
            let names = try await repository.featureNames()
            return .found(overview.form(of: repository.name, links: self.links(repository), all: names))
        }
    }

    package func names(in repository: String?) async throws -> FeatureAnswer<[String]> {
        try await self.answer(repository) { .found(try await $0.featureNames()) }
    }

    package func document(
        _ path: String, of feature: String?, in repository: String?
    ) async throws -> FeatureAnswer<API.FeatureText> {
        try await self.answer(repository) { repository in
            let files = try await FeatureChoice.feature(chosen: feature, in: repository)
            guard let text = files.text(path) else {
                let name = FeatureNames.code(path)
                guard files.tooLarge.contains(path) else {
                    return .missing("The feature has no document \(name). It may have been renamed: reload the page.")
                }
                return .refused("\(name) is over \(Document.sizeLimit >> 10) KB: open it in a clone.")
            }
            let versions = try await repository.history(of: path, from: files.head, limit: Self.versionLimit)
            let links = self.links(repository)
            return .found(
                API.FeatureText(
                    path: path, head: files.head.hex, text: text,
                    versions: versions.items.map { API.FeatureVersion($0, links) }, isCut: versions.isCut))
        }
    }

    package func difference(
        of path: String, from old: String, to new: String, in repository: String?
    ) async throws -> FeatureAnswer<String> {
        try await self.answer(repository) { repository in
            let (from, to) = (try await repository.resolve(old), try await repository.resolve(new))
            return .found(try await repository.patch(of: path, from: from, to: to))
        }
    }

    private func links(_ repository: LocalRepository) -> SpecLinks {
        SpecLinks(self.pages, repository: repository.name)
    }

    private func answer<Content>(
        _ repository: String?, _ body: (LocalRepository) async throws -> FeatureAnswer<Content>
    ) async throws -> FeatureAnswer<Content> {
        do {
            return try await body(self.catalog.repository(repository))
        } catch let error as TurnFailure {
            return .missing(error.message)
        } catch let error as RepositoryError {
            switch error.code {
            case .git(.notFound), .git(.invalidName), .unknown: return .missing("\(error.message).")
            default: return .refused("\(error.message).")
            }
        }
    }
}

extension API.FeatureVersion {
    init(_ commit: GitCommit, _ links: SpecLinks) {
        self.init(
            sha: commit.id.hex, subject: commit.subject, author: commit.author.name,
            at: Timestamp(milliseconds: commit.author.seconds * 1_000), url: links.commit(commit.id.hex))
    }
}
