internal import Chat
internal import Primitives
internal import Repositories

/// Lets identical concurrent reads share one request.
///
/// The first caller makes the request in its own task. When that task is cancelled, one of the others makes it anew.
final class GitHubFlights: Sendable {
    /// Reads with the same key have the same answer.
    struct Key: Sendable, Hashable {
        let read: GitHubCache.Key
        /// Counts writes, so that a read that began before a write is not shared with one that began after it.
        let generation: Int
    }

    private let flights = Protected<[Key: GitHubFlight]>([:])

    /// The number of callers that wait for another's request.
    var waiting: Int { self.flights.withLock { $0.values.reduce(0) { $0 + $1.waiting } } }

    /// Runs `body`, or waits for the same read of another caller. Each caller's thread is notified of long waits.
    func share(_ key: Key, _ body: () async throws -> GitHubAnswer) async throws -> GitHubAnswer {
        while true {
            let (flight, isFirst) = self.flights.withLock { flights in
                if let flight = flights[key] { return (flight, false) }
                let flight = GitHubFlight()
                flights[key] = flight
                return (flight, true)
            }
            await flight.listen(RemoteWork.current.say)
            guard isFirst else {
                guard let result = try await flight.result() else { continue }
                return try result.get()
            }
            let result: Result<GitHubAnswer, any Error>
            do {
                let work = RemoteWork(person: RemoteWork.current.person) { await flight.say($0) }
                result = .success(try await RemoteWork.$current.withValue(work) { try await body() })
            } catch {
                result = .failure(error)
            }
            self.flights.withLock { $0[key] = nil }
            if case .failure(is CancellationError) = result { flight.end(nil) } else { flight.end(result) }
            return try result.get()
        }
    }
}

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

    /// Adds a thread to notify of long waits, including one that has been announced already.
    func listen(_ say: (@Sendable (String) async -> Void)?) async {
        guard let say else { return }
        let said = self.state.withLock { state in
            state.listeners.append(say)
            return state.said
        }
        if let said { await say(said) }
    }

    /// Notifies every caller's thread.
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
