/// A run of a workflow.
struct GitHubRun: Sendable {
    let id: Int
    let name: String
    let branch: String
    let commit: String
    let author: String
    var status: String
    var conclusion: String?
    let created: Double
    var updated: Double
}
