internal import Primitives
internal import Repositories

/// Lets identical reads that are under way at once share one request.
///
/// The first caller makes the request in its own task. When that task is cancelled, one of the others makes it anew.
final class GitHubFlights: Sendable {
    /// Reads with the same key have the same answer.
    struct Key: Sendable, Hashable {
        let read: GitHubCache.Key
        /// Counts writes: a read that began before one is not shared with a read after it.
        let generation: Int
        let bodyLimit: Int
        let isCutAccepted: Bool
    }

    private let flights = Protected<[Key: GitHubFlight]>([:])

    /// The callers that wait for another's request.
    var waiting: Int { self.flights.withLock { $0.values.reduce(0) { $0 + $1.waiting } } }

    /// Runs `body`, or waits for the same read of another caller. Each caller's thread learns of long waits.
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
