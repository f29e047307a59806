package import Chat
package import Repositories

/// `spec`: shows the thread's feature and lists the others; `spec 003` switches.
package struct SpecTurn: TurnWorker {
    private let catalog: RepositoryCatalog
    private let pages: RepositoryPages

    package init(catalog: RepositoryCatalog, pages: RepositoryPages) {
        self.catalog = catalog
        self.pages = pages
    }

    package func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        do {
            let repository = try self.catalog.repository(request.repository)
            guard let files = try await Self.files(request, in: repository) else {
                let names = try await repository.featureNames()
                try await thread.report(.text(FeatureTexts.list(names, of: repository.name)))
                return .complete
            }
            if files.name != request.feature { try await thread.report(.feature(files.name)) }
            let overview = try await FeatureOverview.read(files, in: repository)
            let links = SpecLinks(self.pages, repository: repository.name)
            let names = try await repository.featureNames()
            try await thread.report(
                .text(FeatureTexts.text(overview, of: repository.name, links: links, all: names)))
            return .complete
        } catch let error as RepositoryError {
            throw TurnFailure("The features can't be read: \(error.message).")
        }
    }

    /// Nil if the thread has no feature and several could be meant, or none.
    private static func files(_ request: TurnRequest, in repository: LocalRepository) async throws -> FeatureFiles? {
        let word = request.text.filter { !$0.isNewline }.trimmingPrefix(while: \.isWhitespace)
        guard word.isEmpty else { return try await FeatureChoice.feature(named: String(word), in: repository) }
        if request.feature == nil {
            let names = try await repository.featureNames()
            guard names.count == 1 else { return nil }
        }
        return try await FeatureChoice.feature(of: request, in: repository)
    }
}
