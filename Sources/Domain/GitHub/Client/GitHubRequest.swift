internal import Chat
package import Copilot
package import HTTP
package import JSON
package import Primitives

/// One call of GitHub's API.
package struct GitHubRequest: Sendable {
    /// Which sign-in the call uses.
    package enum Authorization: Sendable {
        /// The sign-in of the person for whom the task works (`RemoteWork.current`), else the host's.
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
    package var accept = "application/vnd.github+json"
    package var authorization = Authorization.current
    /// Selects the token, and what a write makes stale.
    package var repository: GitHubRepositoryName?
    /// Whether it changes something. Such a call is never repeated when it may have been carried out.
    package var isWrite: Bool
    /// The maximum age of a cached answer that is used without a request; zero always sends one, with the ETag if
    /// possible.
    package var freshness: Duration = .zero
    /// The paths that it writes, for an error that concerns one of them.
    package var files: [String] = []

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

    /// What it counts against the limits per minute.
    var points: Double { self.isWrite ? 5 : 1 }

    var isCacheable: Bool { self.method == .get }
}

/// GitHub's answer to a call that succeeded.
package struct GitHubAnswer: Sendable {
    package enum Origin: Sendable, Hashable {
        case server
        /// GitHub confirmed the cached answer.
        case confirmed
        /// From the cache, recent enough to need no request.
        case cache
        /// From the cache, because GitHub was unreachable.
        case stale
    }

    package let status: Int
    package let headers: HTTPHeaders
    package let body: [UInt8]
    package var origin = Origin.server

    /// Nil where the body is not JSON.
    package var json: JSON? { try? JSON.parse(self.body) }
}
