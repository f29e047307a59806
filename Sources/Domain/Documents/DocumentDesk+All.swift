internal import Git
internal import Repositories
internal import SpecDocuments
internal import Threads

extension DocumentDesk {
    /// The names of all repositories.
    package var repositories: [String] { self.catalog.names }

    /// The documents of a repository: those below `docs/` on its own branch, and each feature's. Throws ``RepositoryError``.
    package func all(of repository: String) async throws -> RepositoryDocuments {
        let local = try self.catalog.repository(repository)
        let base = try await local.checkReady().name
        let overview = try await local.overview()
        let isShown = overview.branch.utf8.elementsEqual(base.utf8)
        let documents = isShown ? overview.documents : try await local.overview(of: base).documents
        let own = documents.items.filter { $0.path.utf8.starts(with: "\(Self.folder)/".utf8) }
        var all = RepositoryDocuments(
            repository: local.name, folders: [.init(branch: base, feature: nil, own)],
            isCut: documents.isCut || overview.features.isCut)
        all.folders += overview.features.items.map { .init(branch: $0.branch, feature: $0.name, $0.documents) }
        return all
    }

    /// What a new document begins with: the repository's template of this name, else the program's. Throws as
    /// ``read(_:of:)``.
    package func template(_ name: String, for document: FoundDocument) async throws -> String {
        guard let template = DocumentTemplate(rawValue: name) else {
            let names = DocumentTemplate.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            throw DocumentProblem.invalid("Choose one of these templates: \(names).")
        }
        let repository = try self.catalog.repository(document.place.repository)
        let own = try await repository.text(
            of: template.overrides[0], at: repository.checkReady().id.hex, limit: DocumentTemplates.sizeLimit)
        guard let own, own.utf8.contains(where: { $0 > 0x20 }) else { return template.standard }
        return own
    }
}

/// The documents of a repository, by feature.
package struct RepositoryDocuments: Sendable {
    package struct Folder: Sendable {
        package let branch: String
        /// Nil for the repository's own folder `docs/`.
        package let feature: String?
        package let items: [Item]

        init(branch: String, feature: String?, _ documents: [RepositoryOverview.Document]) {
            (self.branch, self.feature) = (branch, feature)
            self.items = documents.map { Item(path: $0.path, title: $0.state.title) }
        }
    }

    package struct Item: Sendable {
        package let path: String
        /// The first heading; nil without one.
        package let title: String?

        /// Whether all words are in its path or title, in upper or lower case.
        ///
        /// - Parameter words: In lower case.
        package func has(_ words: [String]) -> Bool {
            let text = "\(self.path)\n\(self.title ?? "")".lowercased().utf8
            return words.allSatisfy { text.contains($0.utf8) }
        }
    }

    package let repository: String
    package var folders: [Folder]
    /// Whether there are more.
    package let isCut: Bool
}
