internal import Primitives

/// One reply that may come before or after somebody waits for it.
final class ReplyBox: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Submission?, any Error>)
        case full(Result<Submission?, any Error>)
        case taken
    }

    private let state = Protected(State.empty)

    func resume(with result: Result<Submission?, any Error>) {
        let waiting = self.state.withLock { state -> CheckedContinuation<Submission?, any Error>? in
            guard case .waiting(let continuation) = state else {
                if case .empty = state { state = .full(result) }
                return nil
            }
            state = .taken
            return continuation
        }
        waiting?.resume(with: result)
    }

    /// Waits for the reply; for one caller.
    func value() async throws -> Submission? {
        try await withCheckedThrowingContinuation { continuation in
            let result = self.state.withLock { state -> Result<Submission?, any Error>? in
                guard case .full(let result) = state else {
                    state = .waiting(continuation)
                    return nil
                }
                state = .taken
                return result
            }
            if let result { continuation.resume(with: result) }
        }
    }
}
