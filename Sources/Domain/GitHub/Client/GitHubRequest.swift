package import Copilot
package import HTTP
package import JSON
package import Primitives

/// One call of GitHub's API.
package struct GitHubRequest: Sendable {
    /// With which sign-in to call.
    package enum Authorization: Sendable {
        /// That of the person whose work it is (`RemoteWork.current`), else the host's.
        case current
        case token(GitHubToken)
        /// A GitHub App itself, by a signed claim.
        case app(Secret)
        case anonymous
    }

    package enum Target: Sendable, Hashable {
        /// Names of the path below the API's address, each percent-encoded when sent; and the query.
        case path([String], HTTPQuery)
        /// The address of a listing's next page.
        case page(GitHubPageLink)
        case graphQL
    }

    package let method: HTTPMethod
    package let target: Target
    /// What is done, as the beginning of a sentence: "Reading the branches of octo/app".
    package let purpose: String
    package var body: JSON?
    package var accept = Self.jsonType
    package var authorization = Authorization.current
    /// Chooses the token, and what a write makes out of date.
    package var repository: GitHubRepositoryName?
    /// Whether it changes something. Such a call is never repeated when it may have been carried out.
    package var isWrite: Bool
    /// How old an answer in the cache may be to be used without asking; zero asks always, by ETag where possible.
    package var freshness: Duration = .zero
    /// In bytes.
    package var bodyLimit = 8 << 20
    /// Whether the beginning of a body beyond the limit is still of use; otherwise it is an error.
    package var isCutAccepted = false
    /// The paths that it writes, for an error that concerns one of them.
    package var files: [String] = []

    package static let jsonType = "application/vnd.github+json"
    package static let rawType = "application/vnd.github.raw+json"
    package static let diffType = "application/vnd.github.diff"

    package init(_ method: HTTPMethod, _ target: Target, _ purpose: String, body: JSON? = nil) {
        self.method = method
        self.target = target
        self.purpose = purpose
        self.body = body
        self.isWrite = method != .get
    }

    /// A call about a repository: `/repos/OWNER/NAME/…`.
    package init(
        _ method: HTTPMethod, _ repository: GitHubRepositoryName, _ path: [String], query: HTTPQuery = HTTPQuery(),
        _ purpose: String, body: JSON? = nil
    ) {
        self.init(
            method, .path(["repos", repository.owner, repository.name] + path, query), "\(purpose) in \(repository)",
            body: body)
        self.repository = repository
    }

    var resource: GitHubResource { self.target == .graphQL ? .graphQL : .core }

    /// What it counts against the limits a minute.
    var points: Double { self.isWrite ? 5 : 1 }

    var isCacheable: Bool { self.method == .get }
}
