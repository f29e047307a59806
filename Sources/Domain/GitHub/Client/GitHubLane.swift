internal import Copilot
internal import Logging
internal import Primitives

/// The state shared by the calls of one token: their pace, and the queue that lets one write at a time.
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

/// Admits a limited number of tasks at a time, in the order of their arrival.
final class GitHubQueue: Sendable {
    private struct State {
        var inside = 0
        var nextID = 0
        var waiting: [(id: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private let limit: Int
    private let maximumWaiting: Int
    private let state = Protected(State())

    init(limit: Int, maximumWaiting: Int) {
        self.limit = limit
        self.maximumWaiting = maximumWaiting
    }

    var waiting: Int { self.state.withLock { $0.waiting.count } }

    /// Every return needs a ``leave()``. Throws `CancellationError`, or ``GitHubError`` when too many wait.
    func enter() async throws {
        let id = self.state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = self.state.withLock { state -> Result<Void, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.inside < self.limit {
                        state.inside += 1
                        return .success(())
                    }
                    if state.waiting.count >= self.maximumWaiting {
                        return .failure(
                            GitHubError(.busy, "Too many requests wait for GitHub already; try again in a few minutes.")
                        )
                    }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let continuation = self.state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
            }
            continuation?.resume(throwing: CancellationError())
        }
    }

    /// Passes the place to the task that has waited longest.
    func leave() {
        let next = self.state.withLock { state -> CheckedContinuation<Void, any Error>? in
            if state.waiting.isEmpty {
                state.inside -= 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume()
    }
}
