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

    /// Returns whether it is the first result.
    @discardableResult
    func resume(with result: Result<Value, any Error>) -> Bool {
        let (isFirst, waiting) = self.state.withLock { state -> (Bool, CheckedContinuation<Value, any Error>?) in
            switch state {
            case .empty:
                state = .full(result)
                return (true, nil)
            case .waiting(let continuation):
                state = .taken
                return (true, continuation)
            case .full, .taken: return (false, nil)
            }
        }
        waiting?.resume(with: result)
        return isFirst
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
