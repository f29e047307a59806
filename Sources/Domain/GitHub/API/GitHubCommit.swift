package import JSON

/// A commit.
package struct GitHubCommit: Sendable, Hashable {
    package let id: String
    package let url: String
    package var message: String?

    package init(id: String, url: String, message: String? = nil) {
        self.id = id
        self.url = url
        self.message = message
    }

    package init?(_ json: JSON?) {
        guard let id = json?["sha"]?.stringValue else { return nil }
        self.init(
            id: id, url: json?["html_url"]?.stringValue ?? "",
            message: json?["commit"]?["message"]?.stringValue ?? json?["message"]?.stringValue)
    }
}
