package import Chat
internal import Git
internal import JSON
internal import Primitives
package import Repositories
internal import Specs

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

    package func feature(_ name: String?, of repository: String?) async throws -> FeatureAnswer {
        try await self.answer(repository) { repository in
            let files = try await FeatureChoice.feature(chosen: name, in: repository)
            let overview = try await FeatureOverview.read(files, in: repository)
            let names = try await repository.featureNames()
            return .found(overview.json(of: repository.name, links: self.links(repository), all: names))
        }
    }

    package func document(_ path: String, of feature: String?, in repository: String?) async throws -> FeatureAnswer {
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
            return .found([
                "path": .string(path), "head": .string(files.head.hex), "text": .string(text),
                "versions": .array(versions.items.map { Self.json($0, links) }), "is_cut": .bool(versions.isCut),
            ])
        }
    }

    package func difference(
        of path: String, from old: String, to new: String, in repository: String?
    ) async throws -> FeatureAnswer {
        try await self.answer(repository) { repository in
            let (from, to) = (try await repository.resolve(old), try await repository.resolve(new))
            return .found(["diff": .string(try await repository.patch(of: path, from: from, to: to))])
        }
    }

    private func links(_ repository: LocalRepository) -> SpecLinks {
        SpecLinks(self.pages, repository: repository.name)
    }

    private static func json(_ commit: GitCommit, _ links: SpecLinks) -> JSON {
        [
            "sha": .string(commit.id.hex), "subject": .string(commit.subject), "author": .string(commit.author.name),
            "at": .string(CivilTime(milliseconds: commit.author.seconds * 1_000).rfc3339),
            "url": .string(links.commit(commit.id.hex)),
        ]
    }

    private func answer(
        _ repository: String?, _ body: (LocalRepository) async throws -> FeatureAnswer
    ) async throws -> FeatureAnswer {
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
