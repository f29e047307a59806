/// A check run.
struct HubCheck: Sendable {
    let id: Int
    let suite: Int
    var name: String
    var commit: String
    /// `queued`, `in_progress` or `completed`.
    var status: String
    var conclusion: String?
    var started: Double
    var completed: Double?
    var details: String?
    var title: String?
    var summary: String?
    var text: String?
    var app: String
}
