internal import HTTP
package import JSON

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
}
