/// A pull request.
struct GitHubPull: Sendable {
    let number: Int
    let id: Int
    let author: String
    var title: String
    var body: String?
    /// `OWNER:BRANCH`.
    var headOwner: String
    var headBranch: String
    /// The id of the repository with the head.
    var headRepository: Int
    var base: String
    var isDraft: Bool
    var isOpen = true
    var mergedBy: String?
    var mergeCommit: String?
    var created: Double
    var updated: Double
    var closed: Double?
    /// The last known commits.
    var headID: String
    var baseID: String
    var canMaintainerModify = false
    /// Whether the merge has been tried for these commits, and its result.
    var mergeTry: (head: String, base: String, isClean: Bool)?

    var label: String { "\(self.headOwner):\(self.headBranch)" }
}
