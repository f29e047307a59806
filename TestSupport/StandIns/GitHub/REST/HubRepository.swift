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
    package var text: String?
    /// The full name of the repository that this is a fork of.
    package var parent: String?
    /// A new fork is copied in the background.
    package var isReady = true
    package var allowsForks = true
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
    var statuses: [String: [JSONObject]] = [:]
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
