/// The limits of the API's free tiers, as GitHub documented them; an endpoint that allows more says so by refusing later.
enum GitHubModelsTier: String, Sendable, CaseIterable {
    case low, high, embeddings

    /// Requests a minute, requests a day, requests at once.
    var requests: (perMinute: Int, perDay: Int, atOnce: Int) {
        switch self {
        case .low: (15, 150, 5)
        case .high: (10, 50, 2)
        case .embeddings: (15, 150, 5)
        }
    }

    /// Tokens a request: the prompt and the answer.
    var tokens: (input: Int, output: Int) {
        switch self {
        case .low, .high: (8000, 4000)
        case .embeddings: (64_000, 0)
        }
    }

    /// `tier low: 15 requests a minute, 150 a day`.
    var note: String {
        "tier \(self.rawValue): \(self.requests.perMinute) requests a minute, \(self.requests.perDay) a day"
    }

    /// What the tiers with limits of a model's own allow: those of the reasoning models.
    static let custom = (input: 4000, output: 4000)
}
