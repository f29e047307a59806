import Primitives

/// A clock on which a sleep lasts until the test lets sleeps of just that duration go.
final class GateClock: Clock, Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct State {
        var sleepers: [(duration: Duration, continuation: CheckedContinuation<Void, any Error>, number: Int)] = []
        var passed: [Duration] = []
        var number = 0
    }

    private let state = Protected(State())
    private let start = ContinuousClock.now

    var now: Instant { self.start }
    var minimumResolution: Duration { .zero }

    /// Lets a present or, if there is none, the next sleep of this duration go.
    func pass(_ duration: Duration) {
        let sleeper = self.state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard let index = state.sleepers.firstIndex(where: { $0.duration == duration }) else {
                state.passed.append(duration)
                return nil
            }
            return state.sleepers.remove(at: index).continuation
        }
        sleeper?.resume()
    }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let duration = self.start.duration(to: deadline)
        let number = self.state.withLock { state in
            state.number += 1
            return state.number
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let isOver = self.state.withLock { state in
                    if let index = state.passed.firstIndex(of: duration) {
                        state.passed.remove(at: index)
                        return true
                    }
                    if Task.isCancelled { return true }
                    state.sleepers.append((duration, continuation, number))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let sleeper = self.state.withLock { state -> CheckedContinuation<Void, any Error>? in
                guard let index = state.sleepers.firstIndex(where: { $0.number == number }) else { return nil }
                return state.sleepers.remove(at: index).continuation
            }
            sleeper?.resume(throwing: CancellationError())
        }
        try Task.checkCancellation()
    }
}
