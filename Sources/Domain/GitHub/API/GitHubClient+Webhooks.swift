internal import HTTP
internal import JSON
package import Primitives

extension GitHubClient {
    /// Needs the right to administer the repository.
    package func webhooks(
        of repository: GitHubRepositoryName, after page: GitHubPageLink? = nil
    ) async throws -> GitHubPage<GitHubWebhook> {
        let request = self.listing(repository, ["hooks"], [:], page, "Reading the webhooks", .zero)
        return try await self.page(request) { GitHubWebhook($0) }
    }

    /// Throws `alreadyExists` where a webhook delivers there already.
    package func createWebhook(
        to url: String, secret: Secret, events: [String], in repository: GitHubRepositoryName
    ) async throws -> GitHubWebhook {
        let config: JSON = [
            "url": .string(url), "content_type": "json", "secret": .string(secret.reveal()), "insecure_ssl": "0",
        ]
        return try await self.value(
            GitHubRequest(
                .post, repository, ["hooks"], "Creating a webhook",
                body: ["name": "web", "active": true, "events": .array(events.map { .string($0) }), "config": config])
        ) { GitHubWebhook($0) }
    }

    package func deleteWebhook(_ id: Int64, in repository: GitHubRepositoryName) async throws {
        _ = try await self.send(GitHubRequest(.delete, repository, ["hooks", String(id)], "Deleting a webhook"))
    }
}
