internal import HTTP
package import JSON

/// A pull request.
package struct GitHubPullRequest: Sendable, Hashable {
    package let number: Int
    package var title: String
    package var body: String
    /// `open` or `closed`.
    package var state: String
    package var isDraft: Bool
    package var isMerged: Bool
    package var url: String
    package var author: GitHubUser?
    package var base: Side
    package var head: Side
    /// Nil while GitHub computes it.
    package var isMergeable: Bool?
    /// As GitHub writes it, ISO 8601.
    package var updatedAt: String?

    /// One end of a pull request.
    package struct Side: Sendable, Hashable {
        package let branch: String
        package let commit: String
        /// Nil when the fork was deleted.
        package let repository: GitHubRepositoryName?

        package init(branch: String, commit: String, repository: GitHubRepositoryName?) {
            self.branch = branch
            self.commit = commit
            self.repository = repository
        }

        init?(_ json: JSON?) {
            guard let json, let branch = json["ref"]?.stringValue else { return nil }
            self.init(
                branch: branch, commit: json["sha"]?.stringValue ?? "",
                repository: json["repo"]?["full_name"]?.stringValue.flatMap { GitHubRepositoryName($0) })
        }
    }

    package init?(_ json: JSON?) {
        guard let json, let number = json["number"]?.intValue, let base = Side(json["base"]),
            let head = Side(json["head"])
        else { return nil }
        self.number = number
        self.title = json["title"]?.stringValue ?? ""
        self.body = json["body"]?.stringValue ?? ""
        self.state = json["state"]?.stringValue ?? "open"
        self.isDraft = json["draft"]?.boolValue ?? false
        self.isMerged = json["merged"]?.boolValue ?? (json["merged_at"]?.stringValue != nil)
        self.url = json["html_url"]?.stringValue ?? ""
        self.author = GitHubUser(json["user"])
        self.base = base
        self.head = head
        self.isMergeable = json["mergeable"]?.boolValue
        self.updatedAt = json["updated_at"]?.stringValue
    }

    package var isOpen: Bool { self.state == "open" }
}

extension GitHubClient {
    package func pullRequest(
        _ number: Int, in repository: GitHubRepositoryName
    ) async throws -> GitHubPullRequest {
        try await self.value(
            GitHubRequest(.get, repository, ["pulls", String(number)], "Reading pull request #\(number)")
        ) { GitHubPullRequest($0) }
    }

    /// The open pull request of a branch, without the cache.
    ///
    /// - Parameters:
    ///   - owner: the owner of the fork with the branch; nil for the repository's own.
    ///   - base: nil for any.
    package func pullRequest(
        ofBranch branch: String, owner: String? = nil, base: String? = nil, in repository: GitHubRepositoryName,
        state: String = "open"
    ) async throws -> GitHubPullRequest? {
        var query: HTTPQuery = ["state": state, "head": "\(owner ?? repository.owner):\(branch)"]
        if let base { query.append("base", base) }
        let request = self.listing(
            repository, ["pulls"], query, nil, "Looking for the pull request of \(branch)", .zero, perPage: 10)
        return try await self.page(request) { GitHubPullRequest($0) }.items.first { $0.head.branch == branch }
    }

    /// Opens a pull request. Throws `alreadyExists` where the branch has one, `validation` without a new commit.
    ///
    /// - Parameter head: a branch, or `owner:branch` of a fork.
    package func openPullRequest(
        in repository: GitHubRepositoryName, title: String, body: String, head: String, base: String,
        isDraft: Bool = false
    ) async throws -> GitHubPullRequest {
        try await self.value(
            GitHubRequest(
                .post, repository, ["pulls"], "Opening a pull request",
                body: [
                    "title": .string(title), "body": .string(body), "head": .string(head), "base": .string(base),
                    "draft": .bool(isDraft),
                ])
        ) { GitHubPullRequest($0) }
    }

    /// Changes only the fields that are not nil.
    ///
    /// - Parameter state: `open` or `closed`.
    package func updatePullRequest(
        _ number: Int, in repository: GitHubRepositoryName, title: String? = nil, body: String? = nil,
        state: String? = nil, base: String? = nil
    ) async throws -> GitHubPullRequest {
        var changes = JSONObject()
        for (name, value) in [("title", title), ("body", body), ("state", state), ("base", base)] {
            changes[name] = value.map { .string($0) }
        }
        return try await self.value(
            GitHubRequest(
                .patch, repository, ["pulls", String(number)], "Changing pull request #\(number)",
                body: .object(changes))
        ) { GitHubPullRequest($0) }
    }

    package func files(
        ofPullRequest number: Int, in repository: GitHubRepositoryName, after page: GitHubPageLink? = nil
    ) async throws -> GitHubPage<GitHubChangedFile> {
        let request = self.listing(
            repository, ["pulls", String(number), "files"], [:], page, "Reading the files of pull request #\(number)",
            .zero)
        return try await self.page(request) { GitHubChangedFile($0) }
    }
}
