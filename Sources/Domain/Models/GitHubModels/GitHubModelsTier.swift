/// The limits of the API's free tiers, as GitHub documented them.
enum GitHubModelsTier: String, Sendable, CaseIterable {
    case low, high, embeddings

    private var requests: (perMinute: Int, perDay: Int) {
        switch self {
        case .low: (15, 150)
        case .high: (10, 50)
        case .embeddings: (15, 150)
        }
    }

    /// Tokens per request, of the prompt and of the answer.
    var tokens: (input: Int, output: Int) {
        switch self {
        case .low, .high: (8000, 4000)
        case .embeddings: (64_000, 0)
        }
    }

    /// `tier low: 15 requests per minute, 150 per day`.
    var note: String {
        "tier \(self.rawValue): \(self.requests.perMinute) requests per minute, \(self.requests.perDay) per day"
    }

    /// For tiers with model-specific limits: those of the reasoning models.
    static let custom = (input: 4000, output: 4000)
}
