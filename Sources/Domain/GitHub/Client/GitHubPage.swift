package import HTTP

/// The address of a listing's next page, as GitHub gave it.
package struct GitHubPageLink: Sendable, Hashable {
    package let url: HTTPURL

    init(_ url: HTTPURL) { self.url = url }

    /// Reads `Link: <…>; rel="next"`. Nil without one, or where it points to another server: the token stays here.
    init?(in headers: HTTPHeaders, of page: HTTPURL) {
        for value in headers.values(of: "link") {
            for part in value.split(separator: ",") {
                let fields = part.split(separator: ";").map { $0.drop { $0 == " " } }
                guard let target = fields.first, target.hasPrefix("<"), target.hasSuffix(">"),
                    fields.dropFirst().contains(where: { $0 == "rel=\"next\"" || $0 == "rel=next" }),
                    let url = try? page.resolving(String(target.dropFirst().dropLast())), url.origin == page.origin
                else { continue }
                self.init(url)
                return
            }
        }
        return nil
    }
}

/// A part of a listing.
package struct GitHubPage<Item: Sendable>: Sendable {
    package let items: [Item]
    /// Nil on the last page.
    package let next: GitHubPageLink?
}

extension GitHubPage: Equatable where Item: Equatable {}

/// The URLs of GitHub's pages. Pure.
package struct GitHubLinks: Sendable, Hashable {
    package let webURL: HTTPURL

    package init(_ webURL: HTTPURL) {
        self.webURL = webURL
    }

    package func repository(_ repository: GitHubRepositoryName) -> String {
        self.webURL.appending(repository.owner, repository.name).description
    }

    package func commit(_ id: String, in repository: GitHubRepositoryName) -> String {
        self.page(repository, ["commit", id])
    }

    /// - Parameters:
    ///   - ref: a branch, a tag or a commit.
    ///   - line: the line to mark, from 1.
    package func file(_ path: String, at ref: String, in repository: GitHubRepositoryName, line: Int? = nil) -> String {
        self.page(repository, ["blob"] + Self.parts(ref) + Self.parts(path)) + (line.map { "#L\($0)" } ?? "")
    }

    package func tree(_ path: String = "", at ref: String, in repository: GitHubRepositoryName) -> String {
        self.page(repository, ["tree"] + Self.parts(ref) + Self.parts(path))
    }

    package func branch(_ name: String, in repository: GitHubRepositoryName) -> String {
        self.tree(at: name, in: repository)
    }

    package func pullRequest(_ number: Int, in repository: GitHubRepositoryName) -> String {
        self.page(repository, ["pull", String(number)])
    }

    /// The runs of a workflow, by the name of its file.
    package func workflow(_ file: String, in repository: GitHubRepositoryName) -> String {
        self.page(repository, ["actions", "workflows", file])
    }

    /// - Parameter head: a branch, or `owner:branch` of a fork.
    package func compare(_ base: String, _ head: String, in repository: GitHubRepositoryName) -> String {
        self.page(repository, ["compare"] + Self.parts("\(base)...\(head)"))
    }

    /// For `git clone` and libgit2, without credentials.
    package func clone(_ repository: GitHubRepositoryName) -> String {
        self.webURL.appending(repository.owner, "\(repository.name).git").description
    }

    private func page(_ repository: GitHubRepositoryName, _ parts: [String]) -> String {
        parts.reduce(self.webURL.appending(repository.owner, repository.name)) { $0.appending($1) }.description
    }

    /// The names between slashes; GitHub's pages keep the slashes of branches and paths.
    private static func parts(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }
}
