internal import Primitives

/// A single result that may arrive before or after somebody waits for it; only the first counts.
final class SingleResult<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Value, any Error>)
        case full(Result<Value, any Error>)
        case taken
    }

    private let state = Protected(State.empty)

    func resume(with result: Result<Value, any Error>) {
        let waiting = self.state.withLock { state -> CheckedContinuation<Value, any Error>? in
            guard case .waiting(let continuation) = state else {
                if case .empty = state { state = .full(result) }
                return nil
            }
            state = .taken
            return continuation
        }
        waiting?.resume(with: result)
    }

    /// Waits for the result; call it only once.
    func value() async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let result = self.state.withLock { state -> Result<Value, any Error>? in
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

/// The reply to a message.
typealias ReplyBox = SingleResult<Submission?>
