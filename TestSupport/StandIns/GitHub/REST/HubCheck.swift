/// A check run.
struct HubCheck: Sendable {
    let id: Int
    let suite: Int
    let name: String
    let commit: String
    /// `queued`, `in_progress` or `completed`.
    let status: String
    let conclusion: String?
    let started: Double
    let completed: Double?
    let title: String?
    let summary: String?
    let app: String
}
