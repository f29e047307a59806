internal import EventLoop
internal import Primitives

/// Requests that wait for a reply, by number.
final class NATSRequests: Sendable {
    private struct Waiting {
        let completion: @Sendable (Result<NATSMessage, any Error>) -> Void
        var alarm: Alarm?
    }

    private struct State {
        var last = 0
        var waiting: [Int: Waiting] = [:]
    }

    private let state = Protected(State())

    /// The completion is called once, on any thread.
    func add(_ completion: @escaping @Sendable (Result<NATSMessage, any Error>) -> Void) -> Int {
        self.state.withLock { state in
            state.last += 1
            state.waiting[state.last] = Waiting(completion: completion)
            return state.last
        }
    }

    func setLimit(_ limit: Duration, of number: Int) {
        let alarm = Alarm(after: limit) { [weak self] in
            self?.settle(number, .failure(NATSError(.timeout, "no reply over NATS within \(limit)")))
        }
        self.state.withLock { $0.waiting[number]?.alarm = alarm }
    }

    func settle(_ number: Int, _ result: Result<NATSMessage, any Error>) {
        let waiting = self.state.withLock { $0.waiting.removeValue(forKey: number) }
        waiting?.completion(result)
    }

    /// A lost connection loses the replies.
    func failAll(_ error: NATSError) {
        let all = self.state.withLock { state in
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for waiting in all { waiting.completion(.failure(error)) }
    }
}
