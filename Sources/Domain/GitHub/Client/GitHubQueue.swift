internal import Primitives

/// Lets a limited number of tasks in, in the order in which they came.
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

    /// Gives the place to whoever waits longest.
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
