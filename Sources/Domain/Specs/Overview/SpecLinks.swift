package import Chat

/// The addresses of a repository's documents and commits.
package struct SpecLinks: Sendable, Hashable {
    private let pages: RepositoryPages
    private let repository: String

    package init(_ pages: RepositoryPages, repository: String) {
        self.pages = pages
        self.repository = repository
    }

    package func document(_ path: String, on branch: String) -> String {
        self.pages.file(path, on: branch, of: self.repository)
    }

    package func folder(_ path: String, on branch: String) -> String {
        self.pages.folder(path, on: branch, of: self.repository)
    }

    /// - Parameter branch: The branch that it is on, if that is known.
    package func commit(_ sha: String, on branch: String? = nil) -> String {
        self.pages.commit(sha, of: self.repository, on: branch)
    }
}
