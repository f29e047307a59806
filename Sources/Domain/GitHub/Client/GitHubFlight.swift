internal import Primitives

/// One read that several callers wait for.
final class GitHubFlight: Sendable {
    /// Nil where the caller that made the request was cancelled.
    typealias Ending = Result<GitHubAnswer, any Error>?

    private struct State {
        var ending: Ending = nil
        var hasEnded = false
        var nextID = 0
        var waiting: [Int: CheckedContinuation<Ending, any Error>] = [:]
        var listeners: [@Sendable (String) async -> Void] = []
        var said: String?
    }

    private let state = Protected(State())

    var waiting: Int { self.state.withLock { $0.waiting.count } }

    /// Adds a thread that learns of long waits, also of one that others have learnt of already.
    func listen(_ say: (@Sendable (String) async -> Void)?) async {
        guard let say else { return }
        let said = self.state.withLock { state in
            state.listeners.append(say)
            return state.said
        }
        if let said { await say(said) }
    }

    /// Tells every caller's thread.
    func say(_ line: String) async {
        let listeners = self.state.withLock { state in
            state.said = line
            return state.listeners
        }
        for listener in listeners { await listener(line) }
    }

    func end(_ ending: Ending) {
        let waiting = self.state.withLock { state in
            state.hasEnded = true
            state.ending = ending
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: ending) }
    }

    /// Waits for the end. Throws `CancellationError` when the waiting task is cancelled.
    func result() async throws -> Ending {
        let id = self.state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let known = self.state.withLock { state -> Result<Ending, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.hasEnded { return .success(state.ending) }
                    state.waiting[id] = continuation
                    return nil
                }
                if let known { continuation.resume(with: known) }
            }
        } onCancel: {
            self.state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }
}
