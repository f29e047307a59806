package import Chat
internal import Git
internal import Primitives
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
            let home = try await FeatureChoice.home(chosen: feature, in: repository)
            let found: String?
            do {
                found = try await Self.text(path, of: home, in: repository)
            } catch let error as RepositoryError where error.code == .git(.tooLarge) {
                return .refused(
                    "\(FeatureNames.code(path)) is over \(Document.sizeLimit >> 10) KB: open it in a clone.")
            }
            guard let text = found else {
                return .missing(
                    "The feature has no document \(FeatureNames.code(path)). It may have been renamed: reload the page."
                )
            }
            let versions = try await repository.history(of: path, from: home.head, limit: Self.versionLimit)
            let links = self.links(repository)
            return .found(
                API.FeatureText(
                    path: path, head: home.head.hex, text: text,
                    versions: versions.items.map { API.FeatureVersion($0, links) }, isCut: versions.isCut))
        }
    }

    /// Of a Markdown file of the feature or of the repository's settings; nil for any other. Reads it alone: a feature may
    /// have 40 MB.
    private static func text(
        _ path: String, of home: FeatureHome, in repository: LocalRepository
    ) async throws -> String? {
        guard [home.folder, ".specify"].contains(where: { path.utf8.starts(with: "\($0)/".utf8) }),
            String(decoding: path.utf8.suffix(3), as: UTF8.self).lowercased() == ".md"
        else { return nil }
        do {
            let file = try await repository.filePage(path, at: home.head.hex, limit: Document.sizeLimit)
            return file.isLink ? nil : StreamSafeText.of(String(decoding: file.bytes, as: UTF8.self))
        } catch let error as RepositoryError where [.git(.notFound), .git(.invalidName)].contains(error.code) {
            return nil
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
