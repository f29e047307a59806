package import EventLoop
internal import JSON

/// A repository: its settings and what is said about it. Files and commits are in ``git``.
@Net
package final class HubRepository {
    package nonisolated let id: Int
    package var owner: String
    package var name: String
    package var isPrivate = false
    package var isArchived = false
    package var defaultBranch = "main"
    /// The full name of the repository that this is a fork of.
    package var parent: String?
    /// A new fork is copied in the background.
    package var isReady = true
    package var people: [String: GitHubAccess] = [:]
    package var rules = GitHubRules()
    package nonisolated let git: GitHubGit

    var created = 0.0
    var pushed = 0.0
    /// Of issues and pull requests.
    var lastNumber = 0
    var pulls: [Int: GitHubPull] = [:]
    package var comments: [HubComment] = []
    package var reviewComments: [HubComment] = []
    package var reviews: [HubReview] = []
    var checks: [HubCheck] = []
    var runs: [GitHubRun] = []
    var hooks: [HubHook] = []

    init(id: Int, owner: String, name: String, git: GitHubGit) {
        self.id = id
        self.owner = owner
        self.name = name
        self.git = git
    }

    package var fullName: String { "\(self.owner)/\(self.name)" }

    func pull(_ number: Int) throws(GitHubProblem) -> GitHubPull {
        guard let pull = self.pulls[number] else { throw .notFound }
        return pull
    }
}

// In this file because the class above imports the loop for the package. A release build needs that import for these
// methods, and a debug build calls it unused where there is nothing else.
extension LoopbackGitHub {
    /// Makes a repository whose default branch `main` has a commit with these files; an empty one without files.
    @Net @discardableResult
    package func addRepository(
        _ fullName: String, files: [String: String] = ["README.md": "# Read me\n"], isPrivate: Bool = false,
        people: [String: GitHubAccess] = [:]
    ) async throws -> HubRepository {
        let parts = fullName.split(separator: "/").map(String.init)
        let repository = try await self.hub.addRepository(parts[0], parts[1])
        repository.isPrivate = isPrivate
        repository.people = people
        if !files.isEmpty {
            try await self.hub.commit(
                files.sorted { $0.key < $1.key }.map { .write(path: $0.key, bytes: Array($0.value.utf8)) },
                to: repository.defaultBranch, in: repository, "Initial commit", by: parts[0])
        }
        return repository
    }

    /// From now on a token is a person's, or an app's.
    @Net package func addToken(_ text: String, _ token: HubToken) {
        self.hub.user(token.login)
        self.hub.tokens[text] = token
    }

    /// Begins the ledger of requests again.
    @Net package func forgetCalls() { self.hub.ledger = GitHubLedger() }
}
