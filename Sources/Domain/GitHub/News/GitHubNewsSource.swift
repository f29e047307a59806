package import HTTP
package import JSON
internal import Repositories

/// Reads GitHub's API for polling, as the host itself.
package protocol GitHubNewsSource: Sendable {
    /// - Parameter tag: the `ETag` of the last answer; an unchanged answer costs nothing.
    func get(_ request: NewsRequest, unless tag: String?) async throws -> NewsAnswer
    /// The remaining share of this hour's requests for a repository, 0 to 1; nil if unknown.
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
    /// The object has not changed.
    case unchanged
    /// The object does not exist.
    case missing
    case found(JSON, tag: String?)
}

/// Polls by the client of GitHub's API, whose cache makes unchanged answers free.
package struct ClientNewsSource: GitHubNewsSource {
    private let client: GitHubClient

    package init(_ client: GitHubClient) { self.client = client }

    package func get(_ request: NewsRequest, unless tag: String?) async throws -> NewsAnswer {
        let call = GitHubRequest(.get, request.repository, request.path, query: request.query, "Looking for news")
        do {
            let answer = try await self.client.send(call)
            let current = answer.headers["etag"]
            if let tag, tag == current { return .unchanged }
            guard let json = answer.json else {
                throw GitHubError(.badAnswer, "GitHub's answer is not JSON; check github.api_url and any proxy.")
            }
            return .found(json, tag: current)
        } catch let error as GitHubError where [.notFound, .gone, .emptyRepository].contains(error.code) {
            return .missing
        }
    }

    package func budgetLeft(for repository: GitHubRepositoryName) async -> Double? {
        guard let budget = try? await self.client.budget(for: repository), budget.limit > 0 else { return nil }
        return Double(budget.remaining) / Double(budget.limit)
    }
}
