internal import HTTP
package import JSON
package import Primitives

/// A webhook of a repository.
package struct GitHubWebhook: Sendable, Hashable {
    package let id: Int64
    /// Where it delivers to.
    package let url: String
    package let events: [String]
    package let isActive: Bool
    /// The status of the last delivery; nil before the first.
    package let lastStatus: Int?
    package let lastMessage: String?

    package init?(_ json: JSON?) {
        guard let json, let id = json["id"]?.intValue else { return nil }
        self.id = Int64(id)
        self.url = json["config"]?["url"]?.stringValue ?? ""
        self.events = (json["events"]?.arrayValue ?? []).compactMap(\.stringValue)
        self.isActive = json["active"]?.boolValue ?? true
        self.lastStatus = json["last_response"]?["code"]?.intValue
        self.lastMessage = json["last_response"]?["message"]?.stringValue
    }
}

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
