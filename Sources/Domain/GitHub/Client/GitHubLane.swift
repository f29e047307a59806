internal import Copilot
internal import Logging
internal import Primitives

/// What the calls of one token share: their pace, and that only one writes at a time.
final class GitHubLane: Sendable {
    let pace = Protected(GitHubPace())
    let writes: GitHubQueue

    init(maximumWaiting: Int) {
        self.writes = GitHubQueue(limit: 1, maximumWaiting: maximumWaiting)
    }
}

/// The lanes by token; nil is for calls without one.
final class GitHubLanes: Sendable {
    /// Tokens of installations are replaced every hour, so old lanes must go.
    private static let limit = 500
    private let maximumWaiting: Int
    private let lanes = Protected<[GitHubToken?: GitHubLane]>([:])

    init(maximumWaiting: Int) { self.maximumWaiting = maximumWaiting }

    subscript(token: GitHubToken?) -> GitHubLane {
        self.lanes.withLock { lanes in
            if let lane = lanes[token] { return lane }
            if lanes.count >= Self.limit {
                let oldest = lanes.min { left, right in
                    left.value.pace.withLock { $0.usedAt } < right.value.pace.withLock { $0.usedAt }
                }
                if let oldest { lanes[oldest.key] = nil }
            }
            if let token { Redaction.register(token.value) }
            let lane = GitHubLane(maximumWaiting: self.maximumWaiting)
            lanes[token] = lane
            return lane
        }
    }
}
