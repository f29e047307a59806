internal import HTTP
internal import Repositories

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
