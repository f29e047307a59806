/// A run of a workflow.
struct GitHubRun: Sendable {
    let id: Int
    let number: Int
    /// `.github/workflows/NAME.yml`.
    let path: String
    let name: String
    let event: String
    let branch: String
    let commit: String
    let author: String
    var status: String
    var conclusion: String?
    var created: Double
    var updated: Double
}
