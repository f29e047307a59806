package import HTTP
package import JSON

/// Reads GitHub's API for polling, as the host itself.
package protocol GitHubNewsSource: Sendable {
    /// - Parameter tag: the `ETag` of the last answer; an unchanged answer costs nothing.
    func get(_ request: NewsRequest, unless tag: String?) async throws -> NewsAnswer
    /// The share of this hour's requests for a repository that is left, 0 to 1; nil if it is unknown.
    func budgetLeft(for repository: GitHubRepositoryName) async -> Double?
}

/// A request for an object or a page of a repository.
package struct NewsRequest: Sendable, Hashable {
    package let repository: GitHubRepositoryName
    /// The names after `repos/OWNER/NAME`.
    package let path: [String]
    package let query: HTTPQuery

    package init(_ repository: GitHubRepositoryName, _ path: [String], _ query: HTTPQuery = [:]) {
        self.repository = repository
        self.path = path
        self.query = query
    }
}

/// An answer of the API.
package enum NewsAnswer: Sendable, Hashable {
    /// As before.
    case unchanged
    /// 404.
    case missing
    case found(JSON, tag: String?)
}
