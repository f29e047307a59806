internal import HTTP
package import JSON

/// A repository, reduced to the fields that this program uses.
package struct GitHubRepository: Sendable, Hashable {
    /// Its current name, which differs from the requested one after a rename.
    package let name: GitHubRepositoryName
    package let id: Int64
    package var defaultBranch: String
    package var isPrivate = false
    package var isFork = false
    package var isArchived = false
    package var isDisabled = false
    /// Whether the token's account may push; nil where GitHub does not say.
    package var canPush: Bool?
    package var canAdminister: Bool?
    package var allowsForking: Bool?
    package var url: String
    /// The repository that this fork was made from.
    package var parent: GitHubRepositoryName?
    /// In kilobytes.
    package var size = 0

    package init?(_ json: JSON?) {
        guard let json, let name = json["full_name"]?.stringValue.flatMap({ GitHubRepositoryName($0) }) else {
            return nil
        }
        self.name = name
        self.id = Int64(json["id"]?.intValue ?? 0)
        self.defaultBranch = json["default_branch"]?.stringValue ?? "main"
        self.isPrivate = json["private"]?.boolValue ?? false
        self.isFork = json["fork"]?.boolValue ?? false
        self.isArchived = json["archived"]?.boolValue ?? false
        self.isDisabled = json["disabled"]?.boolValue ?? false
        self.canPush = json["permissions"]?["push"]?.boolValue
        self.canAdminister = json["permissions"]?["admin"]?.boolValue
        self.allowsForking = json["allow_forking"]?.boolValue
        self.url = json["html_url"]?.stringValue ?? ""
        self.parent = json["parent"]?["full_name"]?.stringValue.flatMap { GitHubRepositoryName($0) }
        self.size = json["size"]?.intValue ?? 0
    }
}

/// A branch and the commit that it points to.
package struct GitHubBranch: Sendable, Hashable {
    package let name: String
    /// The commit's id.
    package let head: String

    package init?(_ json: JSON?) {
        guard let name = json?["name"]?.stringValue, let head = json?["commit"]?["sha"]?.stringValue else { return nil }
        self.name = name
        self.head = head
    }
}

extension GitHubClient {
    /// Reads a repository. Its ``GitHubRepository/name`` is the present one if it was renamed.
    package func repository(_ name: GitHubRepositoryName) async throws -> GitHubRepository {
        var request = GitHubRequest(
            .get, .path(["repos", name.owner, name.name], [:]), "Reading the repository \(name)")
        request.repository = name
        return try await self.value(request) { GitHubRepository($0) }
    }

    /// Whether an account may push to a repository.
    package func mayPush(_ login: String, to repository: GitHubRepositoryName) async throws -> Bool {
        let request = GitHubRequest(
            .get, repository, ["collaborators", login, "permission"], "Reading what \(login) may do")
        // GitHub reports `maintain` as `write` and `triage` as `read`.
        return try await self.value(request) { json in
            json["permission"]?.stringValue.map { ["admin", "write"].contains($0) }
        }
    }

    /// - Parameter freshness: how old the cache's list may be; nil for the settings' five minutes.
    package func branches(
        of repository: GitHubRepositoryName, after page: GitHubPageLink? = nil, freshness: Duration? = nil
    ) async throws -> GitHubPage<GitHubBranch> {
        let request = self.listing(repository, ["branches"], [:], page, "Reading the branches", freshness)
        return try await self.page(request) { GitHubBranch($0) }
    }

    package func branch(_ name: String, of repository: GitHubRepositoryName) async throws -> GitHubBranch {
        try await self.value(
            GitHubRequest(.get, repository, ["branches", name], "Reading the branch \(name)")
        ) { GitHubBranch($0) }
    }

    /// The commit of a branch; nil where there is no such branch, or no commit at all.
    package func head(of branch: String, in repository: GitHubRepositoryName) async throws -> String? {
        let path = ["git", "ref", "heads"] + Self.names(branch)
        let request = GitHubRequest(.get, repository, path, "Reading the branch \(branch)")
        do {
            return try await self.value(request) { $0["object"]?["sha"]?.stringValue }
        } catch let error as GitHubError where error.code == .notFound || error.code == .emptyRepository {
            return nil
        }
    }

    /// Throws `alreadyExists` where the branch exists.
    package func createBranch(
        _ branch: String, at commit: String, in repository: GitHubRepositoryName
    ) async throws {
        _ = try await self.send(
            GitHubRequest(
                .post, repository, ["git", "refs"], "Creating the branch \(branch)",
                body: ["ref": .string("refs/heads/\(branch)"), "sha": .string(commit)]))
    }

    /// Asks for a fork, which GitHub makes in the background; it may take minutes to be complete.
    ///
    /// - Parameters:
    ///   - organisation: where to make it; nil for the account itself.
    ///   - isWhole: with all branches, or with the default branch only.
    package func fork(
        _ repository: GitHubRepositoryName, to organisation: String? = nil, isWhole: Bool = true
    ) async throws -> GitHubRepository {
        var body: JSONObject = ["default_branch_only": .bool(!isWhole)]
        body["organization"] = organisation.map { .string($0) }
        let request = GitHubRequest(.post, repository, ["forks"], "Making a fork", body: .object(body))
        let fork = try await self.value(request) { GitHubRepository($0) }
        self.outdate(nil)
        return fork
    }

    /// How `head` differs from `base`. Either is a branch, a commit, or `owner:branch` of a fork.
    package func compare(
        _ base: String, _ head: String, in repository: GitHubRepositoryName
    ) async throws -> GitHubComparison {
        try await self.value(
            GitHubRequest(.get, repository, ["compare", "\(base)...\(head)"], "Comparing \(base) and \(head)")
        ) { GitHubComparison($0) }
    }
}
